"""Requests to a server that answers late, breaks off, or is busy."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest

from remote.loopback import ANSWER, Loopback, loopback
from vidqa.engine.remote import server as requests
from vidqa.engine.remote.breaker import COOL_S, MOST_FAILURES, Breaker, Pace
from vidqa.engine.remote.messages import neutralized
from vidqa.engine.remote.replies import AgainError, Ending
from vidqa.engine.remote.scoring import can_score
from vidqa.engine.remote.server import TRIES, Server
from vidqa.errors import EngineError, EngineGoneError, UsageError
from vidqa.models.registry import known_as

ASKED = {"model": "the-model", "messages": [{"role": "user", "content": "What?"}]}


@pytest.fixture
def served() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


def whole(server: Server) -> tuple[str, Ending]:
    *pieces, ending = server.stream(ASKED)
    assert isinstance(ending, Ending)
    return "".join(str(one) for one in pieces), ending


def test_an_answer_comes_piece_by_piece(served: Loopback) -> None:
    *pieces, ending = Server.at(served.url).stream(ASKED)
    assert len(pieces) == len(ANSWER.split())
    assert ending == Ending("stop", (77, 7))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(served: Loopback, status: int) -> None:
    served.behaviour.statuses = [(status, {})] * 2
    assert whole(Server.at(served.url))[0] == ANSWER
    assert len(served.asked) == 3


def test_as_long_as_it_asks_for_is_waited(served: Loopback) -> None:
    served.behaviour.statuses = [(429, {"Retry-After": "1"})]
    assert whole(Server.at(served.url))[0] == ANSWER
    first_s, second_s = served.times_s
    assert second_s - first_s >= 1


def test_a_date_is_waited_for(monkeypatch: pytest.MonkeyPatch, served: Loopback) -> None:
    waited = list[float]()
    monkeypatch.setattr("vidqa.engine.remote.server.time.sleep", waited.append)
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    served.behaviour.statuses = [(503, {"Retry-After": until})]
    assert whole(Server.at(served.url))[0] == ANSWER
    assert 20 < max(waited) < 32


def test_nobody_waits_for_an_hour(served: Loopback) -> None:
    served.behaviour.statuses = [(429, {"Retry-After": "3600"})]
    with pytest.raises(EngineGoneError, match="3600 s"):
        whole(Server.at(served.url))
    assert len(served.asked) == 1


def test_pauses_grow_and_differ() -> None:
    pauses = [[requests._pause_s(number, 0) for number in range(5)] for _ in range(8)]
    assert all(one[4] > one[0] for one in pauses)
    assert len({one[0] for one in pauses}) > 1
    assert requests._pause_s(40, 0) <= requests.LONGEST_PAUSE_S


def test_one_that_is_always_busy_is_given_up(served: Loopback) -> None:
    served.behaviour.statuses = [(429, {})] * 20
    with pytest.raises(EngineGoneError, match="says 429: not now"):
        whole(Server.at(served.url))
    assert len(served.asked) == TRIES


@pytest.mark.parametrize(("status", "gone"), [(400, False), (413, False), (401, True), (404, True)])
def test_what_is_refused_is_not_asked_again(served: Loopback, status: int, gone: bool) -> None:
    served.behaviour.statuses = [(status, {})]
    with pytest.raises(EngineError, match=f"says {status}: not now") as caught:
        whole(Server.at(served.url))
    assert isinstance(caught.value, EngineGoneError) == gone
    assert len(served.asked) == 1


@pytest.mark.parametrize("pieces", [0, 3])
def test_an_answer_that_breaks_off_goes_on(served: Loopback, pieces: int) -> None:
    served.behaviour.cut = [pieces, pieces]
    assert whole(Server.at(served.url))[0] == ANSWER
    assert len(served.asked) == 3


def test_another_answer_is_not_put_behind_half_of_one(served: Loopback) -> None:
    texts = iter(["A red ball rolls.", "It is a cat."])
    served.behaviour.text = lambda _: next(texts)
    served.behaviour.cut = [2]
    with pytest.raises(EngineError, match="gives another"):
        whole(Server.at(served.url))


def test_silence_is_not_waited_for_forever(
    served: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidqa.engine.remote.server.SILENCE_S", 0.2)
    monkeypatch.setattr("vidqa.engine.remote.server.TRIES", 2)
    served.behaviour.late_s = 1.0
    with pytest.raises(EngineError, match="said nothing"):
        whole(Server.at(served.url))


def test_a_late_answer_is_waited_for(served: Loopback) -> None:
    served.behaviour.late_s = 0.5
    assert whole(Server.at(served.url))[0] == ANSWER


def test_nobody_there(served: Loopback) -> None:
    server = Server.at("http://127.0.0.1:9/v1")
    with pytest.raises(EngineGoneError, match="cannot be reached"):
        server.models()


CHUNK = '{"choices": [{"delta": {"content": "A ball."}, "finish_reason": "stop"}], '


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('data: {"error": {"message": "out of memory"}}', "says: out of memory"),
        ("data: nonsense", "does not answer with JSON"),
        (f"data: {'[' * 100_000}", "does not answer with JSON"),
        ("nonsense", "form that is not OpenAI's"),
        ("data: [1]", "does not answer with an object"),
        ('data: {"choices": [3]}', "form that is not OpenAI's"),
        ('data: {"choices": 3}', "form that is not OpenAI's"),
        ('data: {"choices": [{"delta": {"content": 3}}]}', "form that is not OpenAI's"),
        ('data: {"choices": [{"delta": 3}]}', "form that is not OpenAI's"),
        ('data: {"choices": [{"finish_reason": "abort"}]}', "ended the answer: abort"),
    ],
)
def test_what_is_not_the_protocol_is_said(body: str, message: str) -> None:
    with pytest.raises(AgainError, match=message):
        list(pieces_of(f"{body}\n\n"))


@pytest.mark.parametrize("more", ['"usage": [1]}', '"usage": "x"}', '"error": null, "usage": {}}'])
def test_what_counts_for_nothing_is_passed_over(more: str) -> None:
    assert list(pieces_of(f"data: {CHUNK}{more}\r\n\r\n")) == ["A ball.", Ending("stop", None)]


def pieces_of(body: str) -> Iterator[str | Ending]:
    """What comes of one reply."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, text=body))
    server = Server.at("http://127.0.0.1:9/v1")
    server._connection.client = httpx2.Client(transport=transport)
    yield from server._pieces(ASKED)


def test_a_key_in_the_middle_of_a_stream_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    body = 'data: {"error": {"message": "sk-secret is spent"}}\n\n'
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, text=body))
    told = list[str]()
    server = Server.at("http://127.0.0.1:9/v1", on_wait=told.append)
    server._connection.client = httpx2.Client(transport=transport)
    with pytest.raises(EngineError, match=r"says: \.\.\. is spent"):
        list(server.stream(ASKED))
    assert told
    assert not any("secret" in one for one in told)


def test_errors_too_deep_to_be_read(served: Loopback) -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(400, text="[" * 100_000))
    server = Server.at(served.url)
    server._connection.client = httpx2.Client(transport=transport)
    with pytest.raises(EngineError, match=r"says 400: \[\[\["):
        server.answer("GET", "/models")


def test_an_answer_that_is_not_streamed(served: Loopback) -> None:
    body = {"choices": [{"message": {"content": "A ball."}, "finish_reason": "stop"}]}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=body))
    server = Server.at(served.url)
    server._connection.client = httpx2.Client(transport=transport)
    assert list(server.stream(ASKED)) == ["A ball.", Ending("stop", None)]


def test_what_ends_a_line_elsewhere_is_a_letter(served: Loopback) -> None:
    served.behaviour.text = "One\u2028 two\x85 three\u2029."
    assert whole(Server.at(served.url))[0] == served.behaviour.text
    assert len(served.asked) == 1


def test_signs_of_life_alone_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidqa.engine.remote.server.SILENCE_S", -1.0)
    with pytest.raises(AgainError, match="said nothing"):
        list(pieces_of(": ping\n\n: ping\n\n"))


def test_a_shorter_answer_is_another_one(served: Loopback) -> None:
    texts = iter(["A red ball rolls.", "A red"])
    served.behaviour.text = lambda _: next(texts)
    served.behaviour.cut = [3]
    with pytest.raises(EngineError, match="gives another"):
        whole(Server.at(served.url))


def test_nobody_is_sent_elsewhere(served: Loopback) -> None:
    served.behaviour.statuses = [(307, {"Location": "http://else/?token=secret"})]
    with pytest.raises(EngineGoneError, match=r"sends elsewhere$"):
        whole(Server.at(served.url))


def test_who_waits_is_told(served: Loopback) -> None:
    told = list[str]()
    served.behaviour.statuses = [(429, {})]
    whole(Server.at(served.url, on_wait=told.append))
    assert told == ["the server says 429: not now; it is asked again in 0 s"]


def test_one_that_keeps_failing_is_left_alone(served: Loopback) -> None:
    served.behaviour.statuses = [(500, {})] * 1000
    server = Server.at(served.url)
    for _ in range(MOST_FAILURES):
        with pytest.raises(EngineError):
            whole(server)
    asked = len(served.asked)
    with pytest.raises(EngineGoneError, match="left alone"):
        whole(server)
    assert len(served.asked) == asked


def test_a_breaker_lets_one_find_out() -> None:
    now = [0.0]
    breaker = Breaker("it", clock=lambda: now[0])
    for _ in range(MOST_FAILURES):
        breaker.require_closed()
        breaker.failed()
    with pytest.raises(EngineGoneError):
        breaker.require_closed()
    now[0] = COOL_S
    breaker.require_closed()
    with pytest.raises(EngineGoneError):
        breaker.require_closed()
    breaker.worked()
    breaker.require_closed()


def test_a_success_is_forgiveness() -> None:
    breaker = Breaker("it")
    for _ in range(5):
        for _ in range(MOST_FAILURES - 1):
            breaker.failed()
        breaker.worked()
    breaker.require_closed()


def test_requests_are_spread_over_a_minute() -> None:
    now, slept = [0.0], list[float]()
    pace = Pace(30, clock=lambda: now[0], sleep=slept.append)
    for _ in range(3):
        pace.wait()
    assert slept == [2.0, 4.0]
    now[0] = 100
    pace.wait()
    assert len(slept) == 2, "nobody waits after a pause"


def test_an_engine_rate_holds(served: Loopback) -> None:
    server = Server.at(served.url, per_minute=600)
    begun_s = time.monotonic()
    for _ in range(3):
        whole(server)
    assert time.monotonic() - begun_s >= 0.2


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://a/v1", "http:///v1", "http://[::1/v1"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        Server.at(url)


def test_a_secret_in_an_address_is_not_told() -> None:
    server = Server.at("http://me:secret@127.0.0.1:9/v1/chat/completions/")
    assert server.url == "http://me:secret@127.0.0.1:9/v1"
    with pytest.raises(EngineGoneError, match=r"at 127\.0\.0\.1:9 cannot be reached") as caught:
        server.models()
    assert "secret" not in caught.value.message
    assert "secret" not in repr(server)


def test_a_key_that_a_server_echoes_is_not_told(
    served: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " not\n")
    served.behaviour.statuses = [(400, {})]
    with pytest.raises(EngineError, match=r"says 400: \.\.\. now"):
        whole(Server.at(served.url))


@pytest.mark.parametrize("key", ["sk-se\ncret", "sk-secret\u2026"])
def test_what_is_no_key(served: Loopback, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError, match="OPENAI_API_KEY holds what no key has") as caught:
        Server.at(served.url).models()
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "told",
    [[None, [1]], [{"1": {"logprob": None}}], [{"1": -1.5}], [{"1": {}}], "x", None, [None, {}]],
)
def test_scores_that_are_none(
    served: Loopback, monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    served.behaviour.scores = True
    monkeypatch.setattr("remote.loopback.token_logprobs", lambda _: told)
    assert not can_score(Server.at(served.url), {"model": "the-model"})


def test_a_passing_failure_is_no_answer_about_scores(served: Loopback) -> None:
    served.behaviour.statuses = [(500, {})] * 6
    with pytest.raises(EngineError):
        can_score(Server.at(served.url), {"model": "the-model"})


@pytest.mark.parametrize(
    "name",
    [
        "Qwen/Qwen3-VL-8B-Instruct",
        "/m/qwen3-vl-8b-instruct/",
        "me/Qwen3-VL-8B-Instruct-FP8",
        "qwen3-vl-8b",
    ],
)
def test_a_preset_is_known(name: str) -> None:
    assert known_as(name).name == "qwen3-vl-8b"


def test_what_is_not_a_preset() -> None:
    for name in ("Qwen3-VL-8B-Instructed", "gpt-4o", ""):
        assert "nothing is known" in known_as(name).notes[0]


def test_many_control_tokens_take_no_time() -> None:
    text = neutralized("<s>" * 300_000 + "<<|a|>s>")
    assert "<s>" not in text
    assert "<|a|>" not in text


def test_the_key_is_sent(served: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    served.behaviour.key = "open"
    with pytest.raises(EngineGoneError, match="401: who are you") as caught:
        Server.at(served.url).models()
    assert caught.value.hint == "export OPENAI_API_KEY=..."
    monkeypatch.setenv("OPENAI_API_KEY", "open")
    assert [one["id"] for one in Server.at(served.url).models()] == ["the-model"]
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    with pytest.raises(EngineGoneError) as caught:
        Server.at(served.url).models()
    assert caught.value.hint == "OPENAI_API_KEY is not what it wants"


def test_one_that_lists_no_models(served: Loopback) -> None:
    served.behaviour.lists_models = False
    assert Server.at(served.url).models() == []
