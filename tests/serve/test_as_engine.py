"""`vidqa serve` behind `--engine`: the same answers and likelihoods as from the model itself."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image
from servers import TOKENS, Running, Start

from vidqa.engine import Model, RemoteModel, connect
from vidqa.engine.remote.pictures import SentFrames
from vidqa.errors import EngineError, UsageError
from vidqa.types import Answer
from vidqa.types.generation import Written

pytestmark = pytest.mark.numbers
QUESTION = "what happens?"


@pytest.fixture
def server(start: Start) -> Iterator[Running]:
    with start() as running:
        yield running


def png(pixels: Any) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def part(pixels: Any) -> dict[str, Any]:
    url = f"data:image/png;base64,{base64.b64encode(png(pixels)).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


@pytest.fixture
def lossless(monkeypatch: pytest.MonkeyPatch, model: Model, server: Running) -> RemoteModel:
    """Reach the server; frames are sent as the model itself sees them, not as JPEG."""

    def push(frames: SentFrames, pixels: Any) -> None:
        frames.files.append(png(pixels))
        frames._shapes.append(pixels.shape)

    monkeypatch.setattr(SentFrames, "push", push)
    monkeypatch.setattr("vidqa.engine.remote.connect.known_as", lambda _: model.spec)
    remote = connect(f"{server.place.url}/v1")
    monkeypatch.setattr(remote, "frame_size", lambda _: model.loaded.picture_size)
    return remote


def test_the_same_answer_as_from_the_model(
    server: Running, model: Model, lossless: RemoteModel
) -> None:
    path = server.clips / "one.mp4"
    own = model.watch(path).ask(QUESTION, max_new_tokens=TOKENS)
    sent = lossless.watch(path).ask(QUESTION, max_new_tokens=TOKENS)
    assert sent.text == own.text
    assert (sent.prompt_tokens, sent.new_tokens) == (own.prompt_tokens, own.new_tokens)
    assert (sent.model, sent.revision) == (own.model, own.revision)
    assert sent.stopped_by == own.stopped_by == "token_limit"
    assert sent.words_used == own.words_used == 4


def test_the_same_likelihoods(server: Running, model: Model, lossless: RemoteModel) -> None:
    path, choices = server.clips / "one.mp4", ["roses", "a cat", "nothing"]
    own = model.watch(path).rank(QUESTION, choices, beginnings=True)
    sent = lossless.watch(path).rank(QUESTION, choices, beginnings=True)
    assert [one.text for one in sent] == [one.text for one in own]
    assert [one.tokens for one in sent] == [one.tokens for one in own]
    for one, other in zip(sent, own, strict=True):
        assert one.nll == pytest.approx(other.nll, abs=1e-3)


def test_what_an_answer_rests_on(server: Running, model: Model, lossless: RemoteModel) -> None:
    path = server.clips / "one.mp4"

    def begun(answer: Answer) -> list[float]:
        """With less shown; how an answer ends is not scored, so that of the model is not either."""
        clip = model.watch(path)
        every = [(True, True), (False, True), (True, False), (False, False)]
        found = [
            clip.likelihoods(QUESTION, [answer.text], beginnings=True, pictures=one, words=other)
            for one, other in every
        ]
        return [found[0][0].nats - one[0].nats for one in found[1:]]

    answer = lossless.watch(path).grounded(QUESTION)
    assert answer.grounding is not None
    grounding = answer.grounding
    less = [grounding.without_pictures, grounding.without_words, grounding.without_both]
    assert less == pytest.approx(begun(answer), abs=5e-3)


def test_frames_that_are_all_alike(server: Running, model: Model, lossless: RemoteModel) -> None:
    path = server.clips / "one.mp4"
    own = model.watch(path, blank=True).ask(QUESTION, max_new_tokens=TOKENS)
    sent = lossless.watch(path, blank=True).ask(QUESTION, max_new_tokens=TOKENS)
    assert (sent.text, sent.prompt_tokens) == (own.text, own.prompt_tokens)


def test_frames_as_jpeg(server: Running) -> None:
    remote = connect(f"{server.place.url}/v1")
    answer = remote.watch(server.clips / "one.mp4").ask(QUESTION, max_new_tokens=3)
    assert answer.new_tokens == 3
    with pytest.raises(UsageError, match="--think"):
        remote.watch(server.clips / "one.mp4").ask(QUESTION, think=3)


def test_pictures_of_several_sizes(server: Running, model: Model) -> None:
    """Texts and pictures are read in their order."""
    random = np.random.default_rng(0)
    sizes = [(40, 60), (40, 60), (64, 32), (40, 60)]
    pictures = [random.integers(0, 255, (*size, 3), np.uint8) for size in sizes]
    content = [{"type": "text", "text": "First:"}, *map(part, pictures)]
    asked = {
        "model": "vidqa",
        "messages": [{"role": "user", "content": [*content, {"type": "text", "text": "What?"}]}],
        "max_tokens": 5,
    }
    with server.client() as client:
        told = client.post("/v1/chat/completions", json=asked).json()
    *_, own = model.stream_message(["First:", *pictures, "What?"], max_new_tokens=5)
    assert isinstance(own, Written)
    assert told["choices"][0]["message"]["content"] == own.text
    assert told["usage"]["completion_tokens"] == 5
    swapped = ["First:", *pictures[::-1], "What?"]
    scores = [
        model.score_message(one, "a").tokens
        for one in (swapped, swapped, [*swapped[:1], *pictures, "What?"])
    ]
    assert scores[0] == scores[1] != scores[2]


def test_control_tokens_in_a_message_are_letters(model: Model) -> None:
    (mark,) = {model.loaded.image_mark}
    pixels = np.zeros((32, 32, 3), np.uint8)
    text = f"{mark} and {mark}"
    harmless = text.replace(mark, f"{mark[0]} {mark[1:]}")
    found = [model.score_message([one, pixels, f"{one}?"], "a") for one in (text, harmless)]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"continue_final_message": True}, "continue_final_message is for prompt_logprobs"),
        ({"prompt_logprobs": 1}, "prompt_logprobs"),
        ({"prompt_logprobs": 0, "stream": True}, "not streamed"),
        ({"prompt_logprobs": 0, "choices": ["a", "b"]}, "choices are about a clip"),
        (
            {"prompt_logprobs": 0, "continue_final_message": True, "add_generation_prompt": True},
            "must be the opposite",
        ),
        ({"prompt_logprobs": 0, "continue_final_message": True}, "one message of a user"),
    ],
)
def test_what_is_refused(server: Running, change: dict[str, Any], message: str) -> None:
    asked = {"model": "vidqa", "messages": [{"role": "user", "content": "What?"}], **change}
    with server.client() as client:
        reply = client.post("/v1/chat/completions", json=asked)
    assert reply.status_code in (400, 422)
    assert message in reply.text


def test_more_pictures_than_memory_was_planned_for(server: Running, model: Model) -> None:
    content = [part(np.zeros((8, 8 + number, 3), np.uint8)) for number in range(40)]
    asked = {"model": "vidqa", "messages": [{"role": "user", "content": content}]}
    with server.client() as client:
        reply = client.post("/v1/chat/completions", json=asked)
    assert reply.status_code == 400
    assert "pictures at most" in reply.text


def test_a_clip_between_texts_is_refused(server: Running) -> None:
    clip = (server.clips / "one.mp4").read_bytes()
    url = f"data:video/mp4;base64,{base64.b64encode(clip).decode()}"
    content = [
        part(np.zeros((8, 8, 3), np.uint8)),
        {"type": "image_url", "image_url": {"url": url}},
    ]
    asked = {"model": "vidqa", "messages": [{"role": "user", "content": content}]}
    with server.client() as client:
        reply: httpx2.Response = client.post("/v1/chat/completions", json=asked)
    assert reply.status_code == 400
    assert "each must be a picture" in reply.text


def test_a_prompt_that_is_too_long_is_said(server: Running, clips: Path) -> None:
    remote = connect(f"{server.place.url}/v1")
    with pytest.raises(EngineError, match="do not fit"):
        remote.watch(clips / "one.mp4").ask("word " * 100_000, max_new_tokens=1)
