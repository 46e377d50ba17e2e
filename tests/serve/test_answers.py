"""A server gives the records of the command line, and answers as OpenAI's clients expect."""

import base64
import io
import json
import math
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from PIL import Image
from servers import TOKENS, Running, Start

from vidqa.cli.app import run
from vidqa.engine import Model

pytestmark = pytest.mark.numbers
LIMIT = ("--max-new-tokens", str(TOKENS))
GREEN = "#00ff00"
ANIMAL = {
    "type": "object",
    "properties": {"animal": {"enum": ["cat", "dog"]}},
    "required": ["animal"],
    "additionalProperties": False,
}


@pytest.fixture
def record(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return the records of a command that does its work itself."""

    def made(*words: str) -> list[dict[str, Any]]:
        capsys.readouterr()
        assert run(list(words)) == 0, capsys.readouterr().err
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return made


def client(server: Running, **how: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.place.url}/v1", api_key="none", max_retries=0, **how)


def shows(path: Path | str, text: str = "what?") -> list[Any]:
    url = path if isinstance(path, str) else path.as_uri()
    return [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": text},
                {"type": "video_url", "video_url": {"url": url}},
            ],
        }
    ]


def chat(server: Running, messages: list[Any], **more: Any) -> Any:
    how = {"model": "vidqa", "max_completion_tokens": TOKENS, **more}
    with client(server) as api:
        made = api.chat.completions.create(messages=messages, **how)
        return list(made) if more.get("stream") else made


@pytest.mark.parametrize("clip", ["one.mp4", "two.mp4"])
def test_an_answer_is_the_command_lines_record(server: Running, record: Any, clip: str) -> None:
    path = str(server.clips / clip)
    how = ("-m", str(server.folder), "--json", "--no-server")
    (own,) = record("ask", path, "what is red?", *how, *LIMIT)
    served = server.ask(clip, "what is red?")
    assert served.status_code == 200
    assert served.json() == own
    drawn = ("--temperature", "1", "--seed", "7", "--frames", "3", "--subtitles", "off")
    (own,) = record("ask", path, "what is red?", *how, *LIMIT, *drawn)
    more = {"temperature": 1, "seed": 7, "frames": 3, "subtitles": "off"}
    assert server.ask(clip, "what is red?", **more).json() == own


def test_choices_summaries_and_facts_are_the_command_lines(
    server: Running, record: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path, model = str(server.clips / "one.mp4"), str(server.folder)
    with server.client() as http:
        chosen = http.post(
            "/v1/vidqa/choose",
            json={"video": path, "question": "red?", "choices": ["yes", "no"], "grounding": True},
        ).json()
        summary = http.post(
            "/v1/vidqa/summarize", json={"video": path, "length": "short", "max_new_tokens": TOKENS}
        ).json()
        unheard = http.post("/v1/vidqa/transcribe", json={"video": path})
        info = http.post("/v1/vidqa/info", json={"video": path}).json()
        frames = http.post("/v1/vidqa/frames", json={"video": path}).json()
    how = ("-m", model)
    choices = ("--choices", "yes,no", "--grounding", "--json", "--no-server")
    status = run(["ask", path, "red?", *how, *choices])
    assert chosen == json.loads(capsys.readouterr().out)
    assert status in (0, 1)
    (own,) = record("summarize", path, *how, "--length", "short", "-f", "json", *LIMIT)
    assert summary == own
    assert [info] == record("info", path, "--json")
    assert [frames] == record("frames", path, *how, "--json")
    assert (unheard.status_code, unheard.json()["error"]["type"]) == (503, "model_missing")


@pytest.mark.network
def test_what_is_said_is_the_command_lines_records(
    start: Start, own_cache: Path, record: Any
) -> None:
    with start() as server, server.client() as http:
        path = str(server.clips / "one.mp4")
        heard = http.post("/v1/vidqa/transcribe", json={"video": path}).json()["records"]
    assert heard == record("transcribe", path, "--subtitles", "auto", "-f", "json")
    assert [one["text"] for one in heard[:-1]] == ["The roses are red."]


def test_progress_is_streamed_before_the_record(server: Running) -> None:
    whole = server.ask("one.mp4").json()
    lines = server.ask("one.mp4", stream=True).text.splitlines()
    sent = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert sent[-1] == whole
    assert "".join(one.get("text", "") for one in sent[:-1]) == whole["answer"]
    assert {"stage": "prefill"} in sent


def test_openais_client_is_answered(server: Running) -> None:
    one = server.clips / "one.mp4"
    whole = chat(server, shows(one))
    (choice,) = whole.choices
    own = server.ask("one.mp4").json()
    assert choice.message.content == own["answer"]
    assert (choice.finish_reason, whole.usage.completion_tokens) == ("length", own["new_tokens"])
    assert whole.usage.prompt_tokens == own["prompt_tokens"]
    assert whole.system_fingerprint == own["revision"]
    with client(server) as api:
        (listed,) = api.models.list()
        assert api.models.retrieve(listed.id) == listed
        with pytest.raises(openai.NotFoundError, match="not gpt-4"):
            api.models.retrieve("gpt-4")
    assert listed.id == whole.model == own["model"]


def test_openais_client_is_answered_piece_by_piece(server: Running) -> None:
    one, two = server.clips / "one.mp4", server.clips / "two.mp4"
    for path in (one, two):
        chunks = chat(server, shows(path), stream=True, stream_options={"include_usage": True})
        text = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
        assert text == chat(server, shows(path)).choices[0].message.content
        assert chunks[-1].usage is not None
        assert chunks[-2].choices[0].finish_reason == "length"


def test_a_text_alone_is_answered(server: Running, model: Model) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Is red a colour?"},
    ]
    whole = chat(server, messages)
    own = model.write("Be brief.\n\nIs red a colour?", max_new_tokens=TOKENS)
    assert own.text
    assert whole.choices[0].message.content == own.text
    assert whole.usage.prompt_tokens == own.prompt_tokens
    assert whole.usage.completion_tokens == own.new_tokens
    pieces = chat(server, messages, stream=True)
    said = [one.choices[0].delta.content for one in pieces if one.choices]
    assert "".join(filter(None, said)) == own.text
    for more in ([*messages, {"role": "assistant", "content": "a"}, messages[1]], messages):
        with pytest.raises(openai.BadRequestError, match="a clip or a picture"):
            chat(server, more, extra_body={"choices": ["yes", "no"]})


def test_turns_are_remembered(server: Running, model: Model) -> None:
    path = server.clips / "one.mp4"
    first = chat(server, shows(path)).choices[0].message.content
    messages = [
        *shows(path),
        {"role": "assistant", "content": first},
        {"role": "user", "content": "and then?"},
    ]
    silent = [*shows(path), {"role": "assistant", "content": None}, messages[-1]]
    assert chat(server, silent).choices[0].message.content
    talk = model.watch(path).converse()
    talk.recall("what?", first)
    *_, answer = talk.stream("and then?", max_new_tokens=TOKENS)
    assert chat(server, messages).choices[0].message.content == answer.text
    assert answer.text != model.watch(path).ask("and then?", max_new_tokens=TOKENS).text


def test_json_that_fits_a_schema_is_the_command_lines(
    server: Running, record: Any, tmp_path: Path
) -> None:
    file, path = tmp_path / "schema.json", server.clips / "one.mp4"
    file.write_text(json.dumps(ANIMAL))
    how = ("-m", str(server.folder), "--json", "--no-server", *LIMIT)
    (own,) = record("ask", str(path), "what?", *how, "--schema", str(file))
    assert server.ask("one.mp4", schema=ANIMAL).json() == own
    assert own["object"]["animal"] in ("cat", "dog")
    wanted = {"type": "json_schema", "json_schema": {"name": "animal", "schema": ANIMAL}}
    for form in (wanted, {**wanted, "json_schema": {**wanted["json_schema"], "strict": True}}):
        content = chat(server, shows(path), response_format=form).choices[0].message.content
        assert json.loads(content) == own["object"]
    with pytest.raises(openai.BadRequestError, match="24 tokens are too few"):  # it never ends one
        chat(server, shows(path), response_format={"type": "json_object"})
    assert chat(server, shows(path), response_format={"type": "text"}).choices


@pytest.mark.parametrize(
    "schema", [{"type": 7}, {"$ref": "#/x"}, {"type": "array", "minItems": 99}]
)
def test_why_there_is_no_json_is_said(server: Running, schema: Any) -> None:
    refused = server.ask("one.mp4", schema=schema)
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "usage")
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    with pytest.raises(openai.BadRequestError, match=r"schema"):
        chat(server, shows(server.clips / "one.mp4"), response_format=wanted)
    both = {"choices": ["yes", "no"]}
    with pytest.raises(openai.BadRequestError, match="not both"):
        chat(
            server,
            shows(server.clips / "one.mp4"),
            response_format={"type": "json_object"},
            extra_body=both,
        )


def test_choices_have_their_likelihoods(server: Running) -> None:
    path = server.clips / "one.mp4"
    choices = {"choices": ["yes", "no"]}
    whole = chat(server, shows(path), logprobs=True, top_logprobs=2, extra_body=choices)
    (token,) = whole.choices[0].logprobs.content
    assert token.token == whole.choices[0].message.content
    assert sum(math.exp(one.logprob) for one in token.top_logprobs) == pytest.approx(1)
    with pytest.raises(openai.BadRequestError, match="choices alone"):
        chat(server, shows(path), logprobs=True)


def test_a_picture_may_be_sent(server: Running, clips: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (64, 48), GREEN).save(content, "PNG")
    (clips / "green.png").write_bytes(content.getvalue())
    url = f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "what?"},
                {"type": "image_url", "image_url": {"url": url}},
            ],
        }
    ]
    text = chat(server, messages).choices[0].message.content
    assert text == server.ask("green.png").json()["answer"]
    assert list(server.uploads.iterdir()) == [], "it is deleted"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"messages": shows("a.mp4") + shows("b.mp4")}, "one clip or picture, not 2"),
        ({"n": 2}, "n: "),
        ({"tools": [{"type": "function", "function": {"name": "x"}}]}, "tools: "),
        ({"stop": ["."]}, "stop: there is nothing of that name here"),
        ({"temperature": -1}, "temperature"),
        (
            {"messages": [{"role": "user", "content": [{"type": "video_url", "text": "x"}]}]},
            "must have video_url alone",
        ),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
    ],
)
def test_what_cannot_be_done_is_refused(server: Running, change: Any, said: str) -> None:
    messages = change.pop("messages", None) or shows(server.clips / "one.mp4")
    with pytest.raises(openai.BadRequestError, match=said):
        chat(server, messages, **change)


def test_what_says_nothing_may_be_said(server: Running) -> None:
    usual = {"tools": [], "n": 1, "frequency_penalty": 0.0, "presence_penalty": 0, "user": "me"}
    assert chat(server, shows(server.clips / "one.mp4"), **usual).choices


def test_another_model_is_not_this_one(server: Running) -> None:
    with pytest.raises(openai.NotFoundError, match="is served here, not gpt-4"):
        chat(server, shows(server.clips / "one.mp4"), model="gpt-4")


def test_all_is_documented(server: Running) -> None:
    with server.client() as http:
        paths = http.get("/openapi.json").json()["paths"]
        page = http.get("/docs").text
        health = http.get("/healthz").json()
    assert "/v1/chat/completions" in paths
    assert all(path in page for path in paths)
    assert "/socket/ask" not in paths
    assert not any(word in page for word in ("http://", "https://", "<script"))
    assert health["status"] == "ok"


def test_what_is_counted_is_told(server: Running) -> None:
    for _ in range(2):
        server.ask("one.mp4")
    server.ask("broken.mp4")
    with server.client() as http:
        text = http.get("/metrics").text
    assert server.metric("vidqa_clips_watched_total") == 2
    assert server.metric("vidqa_clips_shared_total") == 1
    assert 'vidqa_requests_total{route="/v1/vidqa/ask",status="200"} 2.0' in text
    assert 'vidqa_requests_total{route="/v1/vidqa/ask",status="422"} 1.0' in text
    (spent,) = [one for one in text.splitlines() if 'seconds_total{stage="generate"}' in one]
    assert 0 < float(spent.split()[-1]) < 60


def test_it_ends_when_nobody_needs_it(start: Start) -> None:
    with start(idle_s=0.5) as running:
        running.ask("one.mp4")
        with running.client() as http, suppress(httpx2.HTTPError):
            for _ in range(200):  # which somebody may ask for ever
                http.get("/healthz")
                time.sleep(0.1)
        running.thread.join(20)
        assert not running.thread.is_alive()
        assert not running.place.socket.exists()
