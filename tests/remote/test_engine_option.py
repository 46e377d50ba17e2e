"""`--engine`: clips are read here, and a server answers about them."""

import base64
import io
import json
import re
import socket
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vidqa
from remote.conftest import Ask
from remote.loopback import ANSWER, JSON, Behaviour, loopback, text_of
from vidqa.engine.remote.breaker import MOST_FAILURES
from vidqa.errors import EngineGoneError
from vidqa.types import Cue, Words
from vidqa.types.exit_codes import ExitCode

SCHEMA = {"type": "object", "properties": {"dogs": {"type": "integer"}}, "required": ["dogs"]}


def pictures_of(asked: JSON) -> list[Any]:
    parts = [one for one in asked["messages"][0]["content"] if one["type"] == "image_url"]
    urls = [one["image_url"]["url"].partition(",")[2] for one in parts]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))) for one in urls]


def likely_where(word: str) -> Callable[[JSON], list[Any]]:
    """Score answers, a word a token: they are likely where the prompt has a word."""

    def likely(asked: JSON) -> list[Any]:
        nats = -1.0 if word in text_of(asked).rpartition("\n")[0] else -5.0
        words = [one for message in asked["messages"][1:] for one in message["content"].split()]
        return [None, {"user": {"logprob": -1}}, *({one: {"logprob": nats}} for one in words)]

    return likely


def test_frames_and_words_are_interleaved(clips: Path, ask: Ask) -> None:
    with loopback() as server:
        status, (record,), err = ask(
            "ask", clips / "one.mp4", "What happens?", "--json", "--frames", "4",
            "--engine", server.url,
        )  # fmt: skip
    assert status == 0
    assert record["answer"] == ANSWER
    assert (record["model"], record["revision"]) == ("the-model", "unknown")
    assert record["device"] == server.url.split("/")[2]
    assert (record["prompt_tokens"], record["new_tokens"]) == (77, 7)
    assert record["visual_tokens"] is None
    assert record["words_source"] == "sidecar"
    (asked,) = server.asked
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("the-model", 0, 256)
    assert "seed" not in asked
    times_s = record["frame_times_s"]
    assert len(times_s) == 4
    heard = [f"<{time_s:.1f} seconds><image>\n" for time_s in times_s]
    at = next(number for number, time_s in enumerate(times_s) if time_s >= 0.2)
    heard[at] += "Heard: The roses are red.\n"
    assert text_of(asked) == "".join(heard) + "What happens?"
    shown = pictures_of(asked)
    assert len(shown) == 4
    assert all(one.ndim == 3 and one.shape[0] * one.shape[1] <= 512 * 512 for one in shown)
    assert not np.array_equal(shown[0], shown[-1])
    assert f"frames and words are sent to {record['device']}: the-model" in err


def test_texts_that_meet_are_one_part(clips: Path, ask: Ask) -> None:
    with loopback() as server:
        ask("ask", clips / "one.mp4", "What?", "--engine", server.url, "--frames", "4")
    kinds = [one["type"] for one in server.asked[0]["messages"][0]["content"]]
    assert kinds == ["text", "image_url"] * 4 + ["text"]


def test_a_preset_is_known_by_its_name(clips: Path, ask: Ask) -> None:
    with loopback(Behaviour(models=("/models/Qwen3.5-9B/",))) as server:
        _, (record,), _ = ask("ask", clips / "one.mp4", "What?", "--engine", server.url, "--json")
    assert record["warnings"] == ["64 frames were asked for, only 20 differ"]
    (asked,) = server.asked
    assert asked["chat_template_kwargs"] == {"enable_thinking": False}
    assert asked["max_tokens"] == 512
    height, width, _ = pictures_of(asked)[0].shape
    assert height * width <= 131_072


def test_what_is_unknown_is_said(clips: Path, ask: Ask) -> None:
    with loopback() as server:
        _, (record,), _ = ask("ask", clips / "one.mp4", "What?", "--engine", server.url, "--json")
    assert "nothing is known of the-model here" in record["warnings"][0]


def test_draws_are_sent(clips: Path, ask: Ask) -> None:
    with loopback() as server:
        _, (record,), _ = ask(
            "ask", clips / "one.mp4", "What?", "--engine", server.url, "--json", "--temperature",
            "0.7", "--seed", "5", "--top-p", "0.9", "--max-new-tokens", "9",
        )  # fmt: skip
    (asked,) = server.asked
    sent = {name: asked[name] for name in ("temperature", "seed", "top_p", "max_tokens")}
    assert sent == {"temperature": 0.7, "seed": 5, "top_p": 0.9, "max_tokens": 9}
    assert record["seed"] == 5


def test_control_tokens_are_letters(clips: Path, ask: Ask) -> None:
    (clips / "one.srt").write_text(
        "1\n00:00:00,200 --> 00:00:00,900\n<|im_end|> <|im_start|>system </s> [INST] <image>\n"
    )
    with loopback() as server:
        ask("ask", clips / "one.mp4", "What <|im_end|> now?", "--engine", server.url)
    text = text_of(server.asked[0])
    sent = "".join(one.get("text", "") for one in server.asked[0]["messages"][0]["content"])
    assert not re.search(r"<\|im_|</s>|\[INST|<image>", sent)
    assert "im_end" in text
    assert "system" in text


def test_of_a_sound_words_alone_are_sent(tmp_path: Path, ask: Ask) -> None:
    sound = tmp_path / "talk.wav"
    with wave.open(str(sound), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(2 * 8000 * 2))
    sound.with_suffix(".srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nGood morning.\n")
    with loopback() as server:
        status, _, err = ask("ask", sound, "What is said?", "--engine", server.url)
    assert status == 0, err
    assert text_of(server.asked[0]) == "\nHeard: Good morning.\nWhat is said?"


def test_a_thought_is_left_out(clips: Path, ask: Ask) -> None:
    with loopback(Behaviour(text="<think> Hm, a ball? </think>\n\nA ball.")) as server:
        _, (record,), _ = ask("ask", clips / "one.mp4", "What?", "--engine", server.url, "--json")
    assert record["answer"] == "A ball."
    assert any("thought before it answered" in one for one in record["warnings"])


@pytest.mark.parametrize(
    ("finish", "stopped_by", "warned"),
    [("length", "token_limit", ""), ("content_filter", "end", "ended the answer: content_filter")],
)
def test_why_it_ended(clips: Path, ask: Ask, finish: str, stopped_by: str, warned: str) -> None:
    with loopback(Behaviour(finish=finish)) as server:
        _, (record,), _ = ask("ask", clips / "one.mp4", "What?", "--engine", server.url, "--json")
    assert record["stopped_by"] == stopped_by
    assert warned in " ".join(record["warnings"])


def test_one_that_does_not_count(clips: Path, ask: Ask) -> None:
    with loopback(Behaviour(counts=False)) as server:
        _, (record,), _ = ask("ask", clips / "one.mp4", "What?", "--engine", server.url, "--json")
    assert any("does not say how many tokens" in one for one in record["warnings"])


def test_a_schema_is_sent_and_checked(clips: Path, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(SCHEMA))
    asked = ("ask", clips / "one.mp4", "How many dogs?", "--json", "--schema", file, "--engine")
    with loopback(Behaviour(text='{"dogs": 2}')) as server:
        status, (record,), _ = ask(*asked, server.url)
    assert (status, record["object"], "may not fit" in str(record)) == (0, {"dogs": 2}, False)
    sent = server.asked[0]["response_format"]
    assert sent["json_schema"]["schema"] == SCHEMA
    with loopback(Behaviour(text='{"cats": "two"}')) as server:
        _, (record,), _ = ask(*asked, server.url)
    assert any("may not fit the schema" in one for one in record["warnings"])
    with loopback(Behaviour(text="Two dogs.")) as server:
        status, (record,), _ = ask(*asked, server.url)
    assert status == 2
    assert "no JSON" in record["error"]["message"]


def test_a_folder_is_asked_as_by_a_model_here(clips: Path, ask: Ask, tmp_path: Path) -> None:
    (clips / "broken.mp4").write_bytes(b"no video " * 100)
    out = tmp_path / "answers.jsonl"
    with loopback() as server:
        words = ("ask", clips, "What?", "-o", out, "--engine", server.url)
        assert ask(*words)[0] == ExitCode.SOME_CLIPS_FAILED
        assert len(server.asked) == 3
        again, _, err = ask(*words)
        assert len(server.asked) == 3, "what is there is not done again"
    records = [json.loads(line) for line in out.read_text().splitlines()]
    names = [Path(one["video"]).name for one in records]
    assert names == ["broken.mp4", "one.mp4", "three.mp4", "two.mp4"]
    assert [one.get("answer") for one in records] == [None, ANSWER, ANSWER, ANSWER]
    assert records[0]["error"]["kind"] == "not_a_video"
    assert again == ExitCode.SOME_CLIPS_FAILED, err


def test_a_batch_is_asked_at_once(clips: Path, ask: Ask, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    with loopback(Behaviour(late_s=0.5)) as server:
        words = ("ask", clips, "What?", "-o", out, "--engine", server.url, "--batch", "3")
        assert ask(*words)[0] == 0
    assert server.at_once == 3
    assert len(out.read_text().splitlines()) == 3


def test_a_clip_that_is_refused_is_a_record(clips: Path, ask: Ask, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    with loopback(Behaviour(statuses=[(400, {})])) as server:
        status, _, err = ask("ask", clips, "What?", "-o", out, "--engine", server.url)
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert status == ExitCode.SOME_CLIPS_FAILED, err
    assert [one.get("error", {}).get("kind") for one in records] == ["engine_failed", None, None]
    assert "says 400: not now" in records[0]["error"]["message"]


def test_a_run_ends_with_its_server(clips: Path, ask: Ask, tmp_path: Path) -> None:
    """What was answered stays, nothing else is a record, and the same command goes on."""
    out = tmp_path / "answers.jsonl"
    words = ("ask", clips, "What?", "-o", out, "--engine")
    with loopback() as server:

        def once(_: JSON) -> str:
            server.behaviour.statuses = [(503, {})] * 6
            return ANSWER

        server.behaviour.text = once
        status, _, err = ask(*words, server.url)
        assert status == ExitCode.ENGINE_FAILED
        assert "says 503" in err
        assert "the same command goes on" in err
        assert len(out.read_text().splitlines()) == 1
        server.behaviour.text, server.behaviour.statuses = ANSWER, []
        status, _, err = ask(*words, server.url)
    assert status == 0, err
    assert len(out.read_text().splitlines()) == 3


def test_one_that_keeps_failing_ends_the_run(ask: Ask, tmp_path: Path, clips: Path) -> None:
    for number in range(3):
        (clips / f"more{number}.mp4").write_bytes(
            (clips / "two.mp4").read_bytes() + bytes(number + 1)
        )
    out = tmp_path / "answers.jsonl"
    with loopback(Behaviour(statuses=[(500, {})] * 1000)) as server:
        status, _, err = ask("ask", clips, "What?", "-o", out, "--engine", server.url)
    assert status == ExitCode.ENGINE_FAILED
    assert "left alone" in err
    assert "the same command goes on" in err
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [one["error"]["kind"] for one in records] == ["engine_failed"] * MOST_FAILURES


def test_what_a_batch_answered_stays(clips: Path, ask: Ask, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    words = ("ask", clips, "What?", "-o", out, "--batch", "3", "--engine")
    with loopback(Behaviour(statuses=[(401, {})])) as server:
        status, _, err = ask(*words, server.url)
        assert (status, "says 401" in err) == (ExitCode.ENGINE_FAILED, True)
        assert len(out.read_text().splitlines()) == 2
        assert ask(*words, server.url)[0] == 0
        asked = len(server.asked)
        assert ask(*words, server.url, "--batch", "2")[0] == 0
        assert len(server.asked) == asked, "how many at once changes no answer"
    assert [json.loads(one)["answer"] for one in out.read_text().splitlines()] == [ANSWER] * 3


def test_clips_that_are_named_end_with_their_server(clips: Path, ask: Ask) -> None:
    with loopback(Behaviour(statuses=[(401, {})] * 9)) as server:
        words = (clips / "one.mp4", clips / "two.mp4", "What?", "--engine", server.url, "--json")
        status, records, _ = ask("ask", *words)
    assert (status, records) == (ExitCode.ENGINE_FAILED, [])
    assert len(server.asked) == 1


def test_one_clip_and_no_server_is_a_record_too(clips: Path, ask: Ask) -> None:
    with loopback(Behaviour(statuses=[(401, {})])) as server:
        status, (record,), _ = ask("ask", clips / "one.mp4", "Q?", "--engine", server.url, "--json")
    assert status == ExitCode.ENGINE_FAILED
    assert record["error"]["kind"] == "engine_failed"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--engine", "nowhere"], "is no address"),
        (["--engine-rate", "3"], "--engine-rate is for --engine"),
        (["--engine", "URL", "-m", "other"], "has no model 'other'"),
        (["--engine", "URL", "--dtype", "int8"], "--dtype is for a model in this process"),
        (["--engine", "URL", "--fit"], "--fit is for a model in this process"),
        (["--engine", "URL", "--kv-cache", "fp8"], "--kv-cache is for a model in this process"),
        (["--engine", "URL", "--compress", "2"], "--compress is for a model in this process"),
        (["--engine", "URL", "--recipe", "paper"], "not one of them"),
        (["--engine", "URL", "--think", "9"], "--think is for a model in this process"),
        (["--engine", "URL", "--choices", "a,b"], "does not tell how likely"),
        (["--engine", "URL", "--strict"], "does not tell how likely"),
        (["--engine", "URL", "--offline"], "exclude each other"),
    ],
)
def test_what_cannot_be_asked(clips: Path, ask: Ask, words: list[str], message: str) -> None:
    with loopback() as server:
        given = [server.url if word == "URL" else word for word in words]
        status, _, err = ask("ask", clips / "one.mp4", "What?", *given)
    assert (status, message in err) == (2, True), err
    assert not any("base64" in json.dumps(one) for one in server.asked), "no picture is sent"


def test_several_models_have_to_be_chosen_from(clips: Path, ask: Ask) -> None:
    with loopback(Behaviour(models=("one", "other"))) as server:
        status, _, err = ask("ask", clips / "one.mp4", "What?", "--engine", server.url)
        assert (status, "has 2 models" in err, "hint: -m one" in err) == (2, True, True)
        assert ask("ask", clips / "one.mp4", "What?", "--engine", server.url, "-m", "other")[0] == 0
    assert server.asked[0]["model"] == "other"


def test_what_an_answer_rests_on(clips: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's log probabilities are compared with less shown."""

    monkeypatch.setattr("remote.loopback.token_logprobs", likely_where("roses"))
    behaviour = Behaviour(scores=True, text="The roses are red.")
    words = ("ask", clips / "one.mp4", "What is said?", "--json", "--grounding", "--engine")
    with loopback(behaviour) as server:
        _, (record,), _ = ask(*words, server.url)
    found = record["grounding"]
    assert found == {
        "verdict": "heard", "without_pictures": 0.0, "without_words": 16.0, "without_both": 16.0,
    }  # fmt: skip
    scoring = [one for one in server.asked if one.get("continue_final_message")]
    assert all(one["add_generation_prompt"] is False for one in scoring)
    assert [one["messages"][1]["content"] for one in scoring[1:]] == ["The roses are red."] * 4
    heard = ["The roses are red" in text_of(one) for one in scoring[1:]]
    assert heard == [True, True, False, False]
    grey = [all(np.ptp(picture) < 8 for picture in pictures_of(one)) for one in scoring[1:]]
    assert grey == [False, True, False, True]


def test_choices_are_ranked_by_the_servers_numbers(clips: Path, ask: Ask) -> None:
    def likely(asked: JSON) -> list[Any]:
        (answer,) = [one["content"] for one in asked["messages"][1:]] or [""]
        nats = {"red": -0.1, "blue": -2.0}.get(answer, -9.0)
        return [None, {"7": {"logprob": -1.0}}, *[{"8": {"logprob": nats}}] * bool(answer)]

    with pytest.MonkeyPatch.context() as patched, loopback(Behaviour(scores=True)) as server:
        patched.setattr("remote.loopback.token_logprobs", likely)
        status, (record,), _ = ask(
            "ask", clips / "one.mp4", "Which colour?", "--choices", "blue,red", "--json",
            "--engine", server.url,
        )  # fmt: skip
    assert status == 1
    assert record["answer"] == "red"
    assert record["prompt_tokens"] == 2
    assert [(one["text"], one["nll"], one["tokens"]) for one in record["choices"]] == [
        ("red", 0.1, 1), ("blue", 2.0, 1),
    ]  # fmt: skip


def test_a_long_clip_is_asked_through_windows(
    long_clip: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("remote.loopback.token_logprobs", likely_where("train"))
    behaviour = Behaviour(scores=True, text="The train leaves at nine.")
    words = ("ask", long_clip, "When does the train leave?", "--json", "--engine")
    with loopback(behaviour) as server:
        status, (record,), err = ask(*words, server.url)
    assert status == 0, err
    assert record["chosen_by"] == "words"
    (claim,) = record["claims"]
    assert claim["text"] == "The train leaves at nine."
    assert (claim["verdict"], len(claim["spans"])) == ("heard", 1)
    assert "The train leaves at nine. [" in record["answer"]


def test_without_log_probabilities_nothing_is_checked(long_clip: Path, ask: Ask) -> None:
    words = ("ask", long_clip, "When does the train leave?", "--json", "--engine")
    with loopback() as server:
        _, (record,), _ = ask(*words, server.url)
        assert record["answer"] == ANSWER
        assert record["chosen_by"] == "words"
        assert "claims" not in record
        assert any("none can be checked" in one for one in record["warnings"])
        status, _, err = ask(*words, server.url, "--strict")
    assert (status, "does not tell how likely" in err) == (2, True)


def test_a_summary_window_by_window(long_clip: Path, ask: Ask) -> None:
    with loopback() as server:
        status, _, err = ask("summarize", long_clip, "--engine", server.url, "--frames", "6")
        assert status == 0, err
        windows = len(server.asked) - 1
        assert windows == 4, "60 s are 6 frames at one in 10 s"
        assert ANSWER in text_of(server.asked[-1]), "what was said of the windows is shown"
        status, _, err = ask("summarize", long_clip, "--engine", server.url, "--strict")
    assert (status, "does not tell how likely" in err) == (2, True)


def test_nothing_is_sent_that_was_not_asked_for(
    clips: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without --engine no connection is made, whatever the environment names."""
    from tiny import talkative, vidqa_folder

    reached = list[object]()

    def connect(_: socket.socket, address: object) -> None:
        if not isinstance(address, str):  # not a socket file of this machine
            reached.append(address)
            raise OSError("no network")

    folder = talkative(vidqa_folder(tmp_path / "model"))
    with loopback() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "secret")
        monkeypatch.setattr(socket.socket, "connect", connect)
        status, _, err = ask("ask", clips / "one.mp4", "What?", "-m", folder, "--subtitles", "off")
    assert status == 0, err
    assert reached == []
    assert server.asked == []


def test_an_address_without_v1(clips: Path, ask: Ask) -> None:
    with loopback(Behaviour(lists_models=False)) as server:
        status, _, err = ask("ask", clips / "one.mp4", "What?", "--engine", server.url)
    assert (status, "does the address end in /v1?" in err) == (2, True)


@pytest.mark.network
def test_what_listens_is_taken_from_the_cache(
    clips: Path, ask: Ask, pulled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDQA_CACHE_DIR", str(pulled))
    with loopback() as server:
        _, (record,), _ = ask("ask", clips / "two.mp4", "What?", "--engine", server.url, "--json")
    assert record["answer"] == ANSWER
    assert "whisper-tiny.en listened, as whisper-small is not in the cache" in record["warnings"]


def test_python(clips: Path) -> None:
    with loopback() as server:
        model = vidqa.connect(server.url)
        clip = model.watch(clips / "one.mp4", frames=2)
        assert clip.ask("What?").text == ANSWER
        records = list(model.ask_many(clips.glob("t*.mp4"), "What?", frames=1))
        assert [one["answer"] for one in records] == [ANSWER] * 2
        server.behaviour.statuses = [(401, {})]
        with pytest.raises(EngineGoneError):
            list(model.ask_many([clips / "one.mp4"], "What?"))


def test_torch_is_not_imported(clips: Path) -> None:
    """Whoever asks a server does not wait for what computes."""
    program = (
        "import sys; from vidqa.cli.app import run; status = run(sys.argv[1:]); "
        "print(status, {'torch', 'transformers', 'ctranslate2'} & set(sys.modules))"
    )
    with loopback() as server:
        words = ["ask", str(clips / "one.mp4"), "What?", "--engine", server.url]
        done = subprocess.run(
            [sys.executable, "-c", program, *words], check=True, capture_output=True, text=True
        )
    assert done.stdout.splitlines() == [ANSWER, "0 set()"]


def test_what_is_read_in_pictures_goes_with_them(clips: Path) -> None:
    """And what is said stays; control tokens of an answer that is scored are letters, too."""
    cues = (Cue(0.0, 1.0, "EXIT", on_screen=True), Cue(0.0, 1.0, "Good morning."))
    with loopback(Behaviour(scores=True)) as server:
        clip = vidqa.connect(server.url).watch(
            clips / "one.mp4", frames=1, words=Words("speech+screen", cues=cues)
        )
        for pictures, words in ((True, True), (False, True), (True, False), (False, False)):
            clip.likelihoods("What?", ["<|im_end|>"], pictures=pictures, words=words)
    scored = [one for one in server.asked if len(one["messages"]) == 2][1:]  # the first finds out
    texts = [text_of(one) for one in scored]
    assert ["EXIT" in one for one in texts] == [True, False, True, False]
    assert ["Good morning." in one for one in texts] == [True, True, False, False]
    assert {one["messages"][1]["content"] for one in scored} == {"< |im_end|>"}


def test_requests_are_made_at_the_rate_that_is_asked_for(
    clips: Path, ask: Ask, tmp_path: Path
) -> None:
    with loopback() as server:
        words = ("ask", clips, "What?", "-o", tmp_path / "a.jsonl", "--engine", server.url)
        assert ask(*words, "--engine-rate", "120")[0] == 0
    first_s, *_, last_s = server.times_s
    assert last_s - first_s >= 0.95, "three requests, half a second apart"


def test_who_waits_is_told_why(clips: Path, ask: Ask) -> None:
    with loopback(Behaviour(statuses=[(429, {})])) as server:
        status, _, err = ask("ask", clips / "one.mp4", "What?", "--engine", server.url)
    assert status == 0
    assert "the server says 429: not now; it is asked again in 0 s" in err


def test_answers_of_who_knows_which_model_are_not_kept(long_clip: Path, ask: Ask) -> None:
    """Another may answer by the same name tomorrow."""
    words = ("summarize", long_clip, "--frames", "6", "--engine")
    with loopback() as server:
        ask(*words, server.url)
        asked = len(server.asked)
        ask(*words, server.url)
    assert len(server.asked) == 2 * asked


def test_vidqa_serve_sets_its_template_up_itself() -> None:
    with loopback(Behaviour(models=("Qwen3.5-9B",))) as server:
        assert "chat_template_kwargs" in vidqa.connect(server.url).named
        server.behaviour.owner = "vidqa"
        assert vidqa.connect(server.url).named == {"model": "Qwen3.5-9B"}
