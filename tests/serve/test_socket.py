"""`vidqa ask` finds the server by itself, and says the same bytes."""

import os
import threading
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from servers import TOKENS, Running, Start

from clips import make_clip
from vidqa.cli.app import run
from vidqa.errors import VidqaError
from vidqa.media.sampling.samplers import Sampling
from vidqa.media.viewing import Viewing
from vidqa.serve.desk.bench import Bench
from vidqa.serve.desk.desk import FullError
from vidqa.serve.socket import client, wire
from vidqa.serve.socket.identity import Wanted
from vidqa.serve.socket.names import Names
from vidqa.types import (
    Answer,
    Choice,
    Claim,
    Grounding,
    PromptSegment,
    PromptView,
    TextDelta,
)
from vidqa.types.generation import Written
from vidqa.types.loading import LoadSettings

pytestmark = pytest.mark.numbers
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command: its status, and what is on stdout and stderr."""

    def called(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run(list(words))
        out, err = capsys.readouterr()
        return status, out, err

    return called


@pytest.fixture
def both(server: Running, call: Call, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask the server and without it; what both say, and whether the server was asked at all."""
    monkeypatch.chdir(server.clips)
    (server.clips / "bad.mp4").write_bytes((server.clips / "two.mp4").read_bytes())
    (server.clips / "bad.srt").write_text("no subtitles")
    (server.clips / "schema.json").write_text('{"enum": ["cat", {"dog": [null, true]}]}')
    asked = list[str]()
    lines = client.Server.lines

    def counted(self: client.Server, route: str, body: Any) -> Any:
        asked.append(route)
        return lines(self, route, body)

    monkeypatch.setattr(client.Server, "lines", counted)

    def told(*words: str) -> tuple[Any, Any, bool]:
        how = ("-m", str(server.folder), "--max-new-tokens", str(TOKENS))
        own = call("ask", *words, *how, "--no-server")
        assert not asked
        served = call("ask", *words, *how)
        was_asked = bool(asked)
        asked.clear()
        return own, served, was_asked

    return told


def without_seconds(said: tuple[int, str, str]) -> tuple[int, str, str]:
    status, out, err = said
    return status, out, "\n".join(line.rpartition(" in ")[0] or line for line in err.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        ("one.mp4", "what is red?"),
        ("one.mp4", "what is red?", "--json"),
        ("two.mp4", "what?", "--json", "--frames", "3", "--sample", "fps:3.3333333", "--end", "1"),
        ("two.mp4", "what?", "--subtitles", "one.srt", "--json"),
        ("one.mp4", "what?", "--temperature", "1", "--seed", "3"),
        ("one.mp4", "-q", "what?", "-q", "who?"),
        ("one.mp4", "red?", "--choices", "yes,no", "--threshold", "0.9", "--json"),
        ("one.mp4", "red?", "--choices", "yes,no"),
        ("one.mp4", "what?", "--grounding", "--json"),
        ("one.mp4", "what?", "--show-prompt"),
        ("one.mp4", "what?", "--schema", "schema.json", "--json"),
        ("one.mp4", "what?", "--schema", "schema.json"),
        ("one.mp4", "what?", "--schema", "bad.srt"),
        ("broken.mp4", "what?"),
        ("broken.mp4", "what?", "--json"),
        ("one.mp4", "what?", "--start", "100"),
        ("one.mp4", " "),
        ("one.mp4", "what?", "--subtitles", "broken.mp4"),
        ("two.mp4", "what?", "--sample", "scene", "--quiet"),
        ("bad.mp4", "what?", "--json"),
        ("./bad.mp4", "what?"),
        ("one.mp4", "what?", "--speakers"),
        ("one.mp4", "what?", "--subtitles", "speech"),
    ],
)
def test_it_says_what_the_command_itself_would(both: Any, words: tuple[str, ...]) -> None:
    own, served, was_asked = both(*words)
    assert without_seconds(served) == without_seconds(own)
    assert was_asked or own[0] != 0 or words[1] == " "


@pytest.mark.parametrize(
    "how",
    [
        ("--dtype", "float32"),
        ("--device", "cpu"),
        ("--no-cache",),
        ("--frames", "500"),
        ("--recipe", "vidqa", "two.mp4"),
        ("--batch", "2"),
        ("-o", "answers.jsonl"),
    ],
)
def test_what_it_would_do_otherwise_is_done_here(both: Any, how: tuple[str, ...]) -> None:
    *more, last = how
    clips = ("two.mp4",) if last == "two.mp4" else ()
    options = tuple(more) if clips else how
    assert not both("one.mp4", *clips, "what?", *options)[2]


def test_another_model_is_loaded_here(
    server: Running, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tiny import vidqa_folder

    other = vidqa_folder(tmp_path / "other", seed=5)
    status, _, err = call(
        "ask", str(server.clips / "one.mp4"), "?", "-m", str(other), "--verbose",
        "--max-new-tokens", "2",
    )  # fmt: skip
    assert status == 0
    assert "the server is not asked: it has served0 loaded, not other" in err


def test_without_a_server_nothing_is_different(
    model_folder: Path, clips: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = ("-m", str(model_folder), "--max-new-tokens", "2")
    assert call("ask", str(clips / "one.mp4"), "?", *how)[0] == 0
    run_dir = Path(os.environ["VIDQA_RUNTIME_DIR"])
    assert not run_dir.exists(), "nothing is made"
    run_dir.mkdir(mode=0o700)
    (run_dir / "server.sock").write_text("no socket")
    assert call("ask", str(clips / "one.mp4"), "?", *how)[0] == 0


def test_that_there_is_a_server_is_said_to_a_person_once(
    model_folder: Path, clips: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = ("-m", str(model_folder), "--max-new-tokens", "2")
    said = "note: while `vidqa serve` runs"
    assert said not in call("ask", str(clips / "one.mp4"), "?", *how)[2], "no person reads it"
    monkeypatch.setattr("vidqa.cli.model_choice.is_person", lambda: True)
    assert said in call("ask", str(clips / "one.mp4"), "?", *how)[2]
    assert said not in call("ask", str(clips / "one.mp4"), "?", *how)[2]


def test_it_can_be_switched_off(
    server: Running, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDQA_SERVER", "off")
    monkeypatch.setattr(client.Server, "call", None)
    how = ("-m", str(server.folder), "--max-new-tokens", "2")
    assert call("ask", str(server.clips / "one.mp4"), "?", *how)[0] == 0
    monkeypatch.setenv("VIDQA_SERVER", str(server.place.socket))
    with pytest.raises(TypeError):
        client.Server.here().call("status")
    monkeypatch.undo()


def test_the_second_question_finds_the_clip_open(server: Running, call: Call) -> None:
    how = ("-m", str(server.folder), "--max-new-tokens", "2")
    for question in ("what?", "who?"):
        call("ask", str(server.clips / "one.mp4"), question, *how)
    assert server.metric("vidqa_clips_watched_total") == 1
    assert server.metric("vidqa_clips_shared_total") == 1


def test_a_clip_that_changed_is_watched_again(server: Running) -> None:
    first = server.ask("one.mp4").json()
    make_clip(server.clips / "one.mp4", [100 * number for number in range(6)])
    second = server.ask("one.mp4").json()
    assert first["fingerprint"] != second["fingerprint"]
    (server.clips / "one.srt").write_text("1\n00:00:00,100 --> 00:00:00,500\nNo more roses.\n")
    assert server.ask("one.mp4").json()["words_used"] == 3
    assert server.metric("vidqa_clips_watched_total") == 3


def test_a_server_that_fails_is_said(
    server: Running, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Bench, "clip", fail)
    status, out, err = call("ask", str(server.clips / "one.mp4"), "?", "-m", str(server.folder))
    assert (status, out) == (70, "")
    assert "the server failed" in err
    assert "secret" not in err


@pytest.mark.parametrize("more", [(), ("--choices", "a,b"), ("--show-prompt",)])
def test_what_a_server_refuses_is_done_here(
    both: Any, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    def full(*_: object) -> None:
        raise FullError

    monkeypatch.setattr("vidqa.serve.desk.desk.Desk.enter", full)
    own, served, was_asked = both("one.mp4", "what?", *more)
    assert was_asked
    assert served[:2] == own[:2]
    assert "the server does not answer (it refuses (429)); the model is loaded here" in served[2]


def test_a_server_that_ends_before_it_answers_is_done_without(
    both: Any, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Bench.clip

    def ending(self: Bench, view: Any, notify: Any) -> Any:
        if threading.current_thread().name == "desk":
            client.Server.here().call("stop", {})
            notify("vision")  # which nobody waits for any more
        return watch(self, view, notify)

    monkeypatch.setattr(Bench, "clip", ending)
    own, served, was_asked = both("one.mp4", "what?")
    assert was_asked
    assert served[:2] == own[:2]
    assert "the server does not answer (the server ends)" in served[2]


def test_an_answer_that_is_cut_off_is_no_answer(
    server: Running, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidqa.serve.http.socket_routes.END", {"stage": "generate"})
    status, _, err = call("ask", str(server.clips / "one.mp4"), "?", "-m", str(server.folder))
    assert status == 70
    assert "the server failed: it went away" in err


def test_what_is_read_of_this_process_is_not_sent(
    server: Running, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = ("-m", str(server.folder), "--max-new-tokens", "2")
    with monkeypatch.context() as patched:
        patched.setattr(client.Server, "call", None)  # a TypeError would be status 70
        assert call("ask", "/dev/stdin", "?", *how)[0] != 70
        clip = str(server.clips / "one.mp4")
        assert call("ask", clip, "?", "--subtitles", "/dev/null", *how)[0] != 70
        assert call("ask", clip, "?", *how)[0] == 70
    (server.clips / "link.mp4").symlink_to("/dev/null")
    assert client.is_of_the_process(str(server.clips / "link.mp4"))
    assert not client.is_of_the_process(str(server.clips / "one.mp4"))


def test_stop_ends_it(start: Start, call: Call) -> None:
    with start() as server:
        status, out, _ = call("serve", "--stop")
        assert (status, out) == (0, f"the server (process {os.getpid()}) has ended\n")
        server.thread.join(10)
        assert not server.thread.is_alive()
        status, _, err = call("serve", "--stop")
        assert status == 2
        assert "no server was ended" in err


def test_stop_does_not_wait_for_an_answer(
    start: Start, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def long(self: Bench, view: Any, notify: Any) -> Any:
        begun.set()
        while True:
            notify("vision")
            threading.Event().wait(0.01)

    monkeypatch.setattr(Bench, "clip", long)
    with start() as server:
        asking = threading.Thread(target=server.ask, args=("one.mp4",), daemon=True)
        asking.start()
        assert begun.wait(10)
        assert call("serve", "--stop")[0] == 0
        server.thread.join(20)
        assert not server.thread.is_alive()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--host", "0.0.0.0"), "lets other machines in"),
        (("--idle", "soon"), "--idle"),
        (("--idle", "0"), "longer than nothing"),
        (("--token-file", "nothing"), "cannot be read"),
        (("--root", "nothing"), "is no folder"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_loaded(
    call: Call, words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch,
    model_folder: Path,
) -> None:  # fmt: skip
    monkeypatch.setattr("vidqa.engine.load", None)
    status, out, err = call("serve", "-m", str(model_folder), "--port", "0", *words)
    assert (status, out) == (2, "")
    assert said in err


def test_what_is_typed_is_what_is_served(
    call: Call, model_folder: Path, clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = list[Any]()
    monkeypatch.setattr("vidqa.serve.running.serve", lambda *how: taken.append(how))
    (clips / "token").write_text(" secret \nmore\n")
    options = (
        *("--host", "0.0.0.0", "--port", "1234", "--root", str(clips), "--root", str(model_folder)),
        *("--token-file", str(clips / "token"), "--max-upload", "7", "--queue", "5"),
        *("--idle", "15m", "--frames", "5", "--dtype", "float32", "--no-cache"),
    )
    assert call("serve", "-m", str(model_folder), *options)[0] == 0
    _, wanted, load, settings, _ = taken[0]
    assert (wanted.frames, wanted.caches, wanted.model) == (5, 4, str(model_folder))
    assert load == LoadSettings(dtype="float32", keep=False)
    assert wanted.load == {**vars_of(load)}
    assert (settings.host, settings.port, settings.token) == ("0.0.0.0", 1234, "secret")
    assert settings.roots == (clips, model_folder)
    assert (settings.most_bytes, settings.most_waiting, settings.idle_s) == (7_000_000, 5, 900)
    call("serve", "-m", str(model_folder))
    settings = taken[1][3]
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", 8430, None)
    assert (settings.roots, settings.idle_s) == ((), None)


def vars_of(load: LoadSettings) -> dict[str, Any]:
    return {one.name: getattr(load, one.name) for one in fields(load)}


def test_settings_in_variables_are_compared_as_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Wanted.by("m", LoadSettings(), frames=8, caches=4)
    for name in ("VIDQA_MODEL", "VIDQA_INDEX", "VIDQA_DEVICE", "VIDQA_SERVER"):
        monkeypatch.setenv(name, "other")
    assert Wanted.by("m", LoadSettings(), frames=8, caches=4).differs(before) is None
    monkeypatch.setenv("VIDQA_KEEP", "1GB")
    assert "VIDQA_KEEP" in str(Wanted.by("m", LoadSettings(), frames=8, caches=4).differs(before))


ANSWER = Answer(
    text="a", question="q", video="v", fingerprint="f", model="m", revision="r", recipe="vidqa",
    device="cpu", dtype="float32", seed=None, frame_times_s=(1 / 3, 0.1 + 0.2), duration_s=2 / 3,
    words_source="speech", words_used=1, words_dropped=0, visual_tokens=1, prompt_tokens=1,
    new_tokens=1, stopped_by="end", warnings=("w",), timings_s={"load": 0.1},
)  # fmt: skip
GROUNDING = Grounding("both", 1 / 3, 2.0, 3.0)


@pytest.mark.parametrize(
    "event",
    [
        wire.StageBegun("load"),
        wire.Told("part 1 of 3"),
        wire.Watched("pyav", "x.srt", None),
        wire.Record({"a": [1]}),
        TextDelta("caf\N{LATIN SMALL LETTER E WITH ACUTE}\n"),
        ANSWER,
        replace(
            ANSWER,
            grounding=GROUNDING,
            choices=(Choice("yes", 1 / 3, 1, 0.1), Choice("no", 2.0, 1, 0.9)),
            looked_at=((0.0, 1 / 3),),
            claims=(Claim("c", ((0.0, 1.0),), GROUNDING), Claim("d", (), None)),
            chosen_by="words",
        ),
        PromptView((PromptSegment(1 / 3, "t", 1, 2),), "text", 3),
        Written("text", 3, 2, "end"),
    ],
)
def test_what_is_said_over_the_wire_is_read_as_it_was(event: wire.Event) -> None:
    import json

    assert wire.read(json.loads(json.dumps(wire.written(event)))) == event


@pytest.mark.parametrize(
    "viewing",
    [
        Viewing(),
        Viewing(frames=3, sampling=Sampling.parse("fps:0.333333333"), start_s=1 / 3, end_s=2.0),
        Viewing(subtitles=Path("/x/y.srt"), language="en", screen_text="on", speakers=True),
    ],
)
def test_a_viewing_goes_over_the_wire(viewing: Viewing) -> None:
    import json

    assert wire.viewing_of(json.loads(json.dumps(wire.written_viewing(viewing)))) == viewing


def test_an_error_goes_over_the_wire() -> None:
    with pytest.raises(VidqaError, match="what") as raised:
        wire.read(wire.written_error(VidqaError("what", hint="do")))
    assert raised.value.hint == "do"


def test_names_are_as_typed() -> None:
    here, words = Path("a.mp4").absolute(), Path("b.srt").absolute()
    names = Names.of("a.mp4", Viewing(subtitles=Path("b.srt")))
    assert names.in_text(f"'{here}' and '{words}'") == "'a.mp4' and 'b.srt'"
    names = Names.of("../a.mp4", Viewing(subtitles="speech"))
    beside = Path("..").absolute() / "a.srt"
    assert names.in_text(f"{beside} speech") == "../a.srt speech"
    names = Names.of(str(here), Viewing())
    assert names.in_text(f"{here}") == str(here)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "0"}, "version"),
        ({"load": {"fit": True}}, "other options (device, dtype, fit, keep, kv_cache)"),
        ({"cache": "/x"}, "its cache is "),
        ({"environment": {"OMP_NUM_THREADS": "7"}}, "OMP_NUM_THREADS"),
        ({"caches": 9}, "less memory"),
        ({"cores": 77}, "it may use "),
        ({"frames": 9}, "memory for 8 frames"),
        ({"frames": 8}, None),
        ({}, None),
    ],
)
def test_what_differs_is_said(change: dict[str, Any], said: str | None) -> None:
    mine = Wanted.by("m", LoadSettings(), frames=8, caches=4)
    why = replace(mine, **change).differs(mine)
    assert why is None if said is None else said in str(why)
