"""One queue: bounded, fair, quick about the clip that is open, and left by who goes away."""

import asyncio
import concurrent.futures
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from servers import TOKENS, Running, Start

from vidqa.errors import NotAVideoError
from vidqa.media.viewing import Viewing
from vidqa.serve.desk.bench import Bench, View
from vidqa.serve.desk.desk import (
    MOST_PASSED,
    BrokenError,
    ClosedError,
    Desk,
    FullError,
    Tell,
    Ticket,
)
from vidqa.serve.desk.metrics import Metrics
from vidqa.serve.socket.wire import Told


class FakeBench:
    """Has one clip open: the last one asked about."""

    def __init__(self) -> None:
        self.open = ""

    def holds(self, view: View | None) -> bool:
        return view is not None and view.name == self.open


class Office:
    """A desk whose jobs wait until they are let go."""

    def __init__(self, most_waiting: int = 32) -> None:
        self.bench, self.metrics = FakeBench(), Metrics()
        self.desk = Desk(self.bench, self.metrics, most_waiting=most_waiting)  # type: ignore[arg-type]
        self.done = list[str]()

    def job(self, clip: str, *, waits_for: threading.Event | None = None) -> Any:
        def work(bench: Bench, tell: Tell) -> None:
            if waits_for is not None:
                waits_for.wait(20)
            self.bench.open = clip
            self.done.append(clip)
            tell(Told(clip))

        return self.desk.enter(View(Path(clip), clip, Viewing()), work)


async def all_of(ticket: Ticket) -> list[Any]:
    try:
        return [event async for event in ticket.events()]
    finally:
        ticket.leave()


def run(body: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(body(), 30))


def test_those_about_the_open_clip_go_first_but_not_for_ever() -> None:
    office, gate = Office(), threading.Event()

    async def body() -> None:
        first = office.job("a", waits_for=gate)
        office.desk.start()
        others = [office.job("b"), *(office.job("a") for _ in range(MOST_PASSED + 2))]
        gate.set()
        await asyncio.gather(*map(all_of, [first, *others]))
        office.desk.close()

    run(body)
    assert office.done == ["a"] * (1 + MOST_PASSED) + ["b"] + ["a"] * 2


def test_a_full_queue_takes_no_more() -> None:
    office = Office(most_waiting=2)

    async def body() -> None:
        waiting = [office.job("a"), office.job("b")]
        with pytest.raises(FullError):
            office.job("c")
        office.desk.start()
        await asyncio.gather(*map(all_of, waiting))
        await all_of(office.job("c"))
        office.desk.close()
        with pytest.raises(FullError):
            office.job("d")

    run(body)
    assert office.done == ["a", "b", "c"]


def test_who_goes_away_is_not_answered_and_gives_the_place_up() -> None:
    office, gate = Office(most_waiting=2), threading.Event()

    async def body() -> None:
        first = asyncio.ensure_future(all_of(office.job("a", waits_for=gate)))
        office.desk.start()
        while office.desk.is_idle or office.metrics.registry.get_sample_value("vidqa_queue"):
            await asyncio.sleep(0.01)
        gone = asyncio.ensure_future(all_of(office.job("b")))
        last = asyncio.ensure_future(all_of(office.job("c")))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        another = office.job("d")  # there is room again
        gate.set()
        await asyncio.gather(first, last, all_of(another))
        office.desk.close()

    run(body)
    assert office.done == ["a", "c", "d"]


def test_errors_reach_who_asked_and_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    office = Office()

    def fail(error: Exception) -> Any:
        def work(bench: Bench, tell: Tell) -> None:
            raise error

        return office.desk.enter(None, work)

    async def body() -> None:
        office.desk.start()
        with pytest.raises(NotAVideoError, match="no video"):
            await all_of(fail(NotAVideoError("no video")))
        with pytest.raises(BrokenError):
            await all_of(fail(ZeroDivisionError("secret")))
        assert await all_of(office.job("a")) == [Told("a")]
        office.desk.close()

    run(body)
    assert "secret" in caplog.text


def test_who_waits_when_it_closes_is_told() -> None:
    office, begun, gate = Office(), threading.Event(), threading.Event()

    def work(bench: Bench, tell: Tell) -> None:
        begun.set()
        gate.wait(20)
        tell(Told("too late"))

    async def body() -> None:
        office.desk.start()
        first = asyncio.ensure_future(all_of(office.desk.enter(None, work)))
        waiting = asyncio.ensure_future(all_of(office.job("a")))
        await asyncio.to_thread(begun.wait, 20)
        office.desk.give_up()
        gate.set()
        for one in (first, waiting):
            with pytest.raises(ClosedError):
                await one
        office.desk.close()

    run(body)
    assert office.done == []


def test_what_is_idle_is_known() -> None:
    office, gate = Office(), threading.Event()

    async def body() -> None:
        office.desk.start()
        await asyncio.sleep(0.05)
        assert office.desk.idle_s > 0
        job = asyncio.ensure_future(all_of(office.job("a", waits_for=gate)))
        while office.desk.is_idle:
            await asyncio.sleep(0.01)
        assert office.desk.idle_s == 0
        gate.set()
        await job
        assert office.desk.is_idle
        office.desk.close()

    run(body)


def test_a_full_server_says_when_to_come_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    watch = Bench.clip

    def slowly(self: Bench, *how: Any) -> Any:
        gate.wait(20)
        return watch(self, *how)

    monkeypatch.setattr(Bench, "clip", slowly)
    with start(most_waiting=1) as server, concurrent.futures.ThreadPoolExecutor() as pool:
        asked = [pool.submit(server.ask, "one.mp4") for _ in range(4)]
        refused = next(iter(concurrent.futures.as_completed(asked, timeout=20))).result()
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        gate.set()
        statuses = sorted(one.result().status_code for one in asked)
        assert statuses[:2] == [200, 200]
        assert server.metric("vidqa_refused_total") == statuses.count(429) >= 1


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_client_that_goes_away_stops_its_answer(
    server: Running, monkeypatch: pytest.MonkeyPatch, is_streamed: bool
) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def endless(self: Bench, view: View, notify: Any) -> Any:
        begun.set()
        try:
            while True:
                notify("vision")
                time.sleep(0.01)
        finally:
            stopped.set()

    monkeypatch.setattr(Bench, "clip", endless)
    with asking(server, "one.mp4", stream=is_streamed):
        assert begun.wait(30)
        assert not stopped.is_set()
    assert stopped.wait(30)
    monkeypatch.undo()
    assert server.ask("one.mp4").status_code == 200
    assert server.metric("vidqa_gone_total") == 1


@contextmanager
def asking(server: Running, clip: str, **more: Any) -> Iterator[None]:
    """Ask over a connection that is closed behind the body."""
    asked = {"video": str(server.clips / clip), "question": "?", "max_new_tokens": TOKENS, **more}
    body = json.dumps(asked)
    head = (
        "POST /v1/vidqa/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as one:
        one.sendall(f"{head}{body}".encode())
        yield


def test_many_clients_get_what_the_command_line_says(server: Running) -> None:
    """Eight at once, three clips one of which is broken, and some that vanish."""
    clips, questions = ("one.mp4", "two.mp4", "broken.mp4"), ("what?", "who?", "is it red?")
    wanted = {
        (clip, question): server.ask(clip, question).json()
        for clip in clips
        for question in questions
    }
    chance = random.Random(0)
    asked = [chance.choice(sorted(wanted)) for _ in range(24)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(server.ask, *key) for key in asked]
        for number in range(6):
            with asking(server, clips[number % 3]):
                pass
        for key, one in zip(asked, answers, strict=True):
            assert one.result().json() == wanted[key]
    assert server.ask("one.mp4").status_code == 200
    assert server.metric("vidqa_queue") == 0
    assert list(server.uploads.iterdir()) == []
