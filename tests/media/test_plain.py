"""What a worker says is plain data, whatever has become of it."""

import pickle
import socket
from fractions import Fraction
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from threading import Thread
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vidqa.errors import NotAVideoError
from vidqa.media.container.probe import probe
from vidqa.media.frames.read import FrameReport, read_frames
from vidqa.media.worker import transport
from vidqa.media.worker.messages import Failed, Item, More
from vidqa.media.worker.plain import decode, encode
from vidqa.media.worker.typed import fits, result_hint
from vidqa.types import Cue, Frame
from vidqa.types.media_info import VideoInfo

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=10,
)


def there_and_back(value: object) -> Any:
    content, arrays = encode(value)
    return decode(content, [memoryview(bytearray(array.tobytes())) for array in arrays])


@given(PLAIN)
def test_plain_values_come_back(value: object) -> None:
    assert there_and_back(value) == value


@pytest.mark.parametrize("shape", [(), (2, 3), (2, 3, 4), (0, 2, 3)])
def test_a_frame_is_a_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="pixels must be"):
        Frame(0.5, np.zeros(shape, np.uint8))


def test_values_of_the_media_layer_come_back(tmp_path: Path) -> None:
    info = VideoInfo(
        tmp_path / "a\udcff.mp4", 1.5, 64, 48, "h264", "mov", 90, True, frame_rate=Fraction(25)
    )
    error = Failed(NotAVideoError("'a' is none", hint="try another"))
    cues = (Cue(0.0, 1.0, "one \ud800"), Cue(1.0, 2.5, "two"))
    assert there_and_back((info, Item(cues))) == (info, Item(cues))
    back = there_and_back(error)
    assert (back.error.message, back.error.hint) == ("'a' is none", "try another")
    assert type(back.error) is NotAVideoError


@pytest.mark.parametrize("shape", [(2, 3, 3), (0,), (0, 3), (200, 300, 3)])
def test_arrays_come_back_and_may_be_written_to(shape: tuple[int, ...]) -> None:
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    ours, theirs = Pipe()
    sender = Thread(target=transport.send, args=[theirs, (0.5, pixels, pixels[::-1])])
    sender.start()
    _, upright, turned = transport.receive(ours)
    sender.join()
    assert np.array_equal(upright, pixels)
    assert np.array_equal(turned, pixels[::-1])
    upright[:] = 7
    assert np.array_equal(turned, pixels[::-1])


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("exploded"),)


def array(**told: object) -> bytes:
    words = ", ".join(f'"{key}": {value}' for key, value in told.items())
    return f'{{"$": "array", {words}}}'.encode()


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(Bomb()),
        b"",
        b"[" * 100_000,
        b'{"$": "class", "name": "os:system", "fields": ["touch exploded"]}',
        b'{"$": "class", "name": "vidqa.media.worker.pool:Worker", "fields": []}',
        b'{"$": "class", "name": "vidqa.types.values:Cue", "fields": [5, 3, "x"]}',
        b'{"$": "class", "name": "vidqa.types.values:Cue", "fields": []}',
        b'{"$": "error", "name": "annotations", "said": ["x", null]}',
        b'{"$": "error", "name": "VidqaError", "said": []}',
        b'{"$": "class", "name": "vidqa.types.values:Cue", "fields": ["0", 1.0, "x", []]}',
        b'{"$": "class", "name": "vidqa.types.values:Cue", "fields": [true, 1.0, "x", []]}',
        b'{"$": "class", "name": "vidqa.types.values:Cue", "fields": [0.0, 1.0, "x", ["word"]]}',
        b'{"$": "class", "name": "vidqa.media.frames.read:FrameReport", "fields": ["x", "y", [1]]}',
        b'{"$": "class", "name": "vidqa.media.sampling.samplers:Sampling", "fields": []}',
        b'{"$": "class", "name": "vidqa.media.worker.plain:Path", "fields": ["x"]}',
        b'{"$": "class", "name": "vidqa.media.frames.read:Way", "fields": ["often", "", null]}',
        b'{"$": "class", "name": 5, "fields": []}',
        b'{"$": "fraction", "parts": [1, 0]}',
        b'{"$": "fraction", "parts": [Infinity, 1]}',
        b'{"$": "fraction", "parts": ["1e999999999"]}',
        b'{"$": "number", "value": "1"}',
        b'{"$": "class", "name": "vidqa.types.values:Cue", "fields": [NaN, 1.0, "x", []]}',
        b'{"$": "class", "name": "vidqa.types.values:Cue", "fields": [1e999, 1.0, "x", []]}',
        b'{"$": "path", "path": 5}',
        array(type='"<u1"', shape="[1e400]"),
        array(type='"<u1"', shape=f"[{'9' * 100}]"),
        b'{"$": "class", "name": "vidqa.types.values:Frame", "fields": [0.0, [1]]}',
        b'{"$": "spell"}',
        b"{}",
        array(type='"|O"', shape="[1]"),
        array(type='"<f4"', shape="[1]"),
        array(type='"nonsense"', shape="[1]"),
    ],
)
def test_all_else_is_refused(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="not what a worker says"):
        decode(content, [])
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("sizes", [b"[-1]", b'["x"]', b"5", b"[1e99]", b"[99999999999999]", b"["])
def test_sizes_are_checked_before_memory_is_taken(sizes: bytes) -> None:
    ours, theirs = Pipe()
    theirs.send_bytes(sizes)
    theirs.send_bytes(b"null")
    with pytest.raises(ValueError, match=r"\w"):
        transport.receive(ours)


def test_a_million_empty_arrays_take_no_time() -> None:
    ours, theirs = Pipe()
    head = b"[" + b",".join([b"0"] * 1_000_000) + b"]"
    sender = Thread(target=lambda: (theirs.send_bytes(head), theirs.send_bytes(b"null")))
    sender.start()
    assert transport.receive(ours) is None
    sender.join()


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", __file__])
def test_shared_memory_is_what_it_was_said_to_be(name: str) -> None:
    ours, theirs = Pipe()
    theirs.send_bytes(str([transport.SHARED_BYTES]).encode())
    theirs.send_bytes(b"null")
    with open(name, "rb") as file, socket.socket(fileno=theirs.fileno()) as channel:  # noqa: PTH123
        socket.send_fds(channel, [b"m"], [file.fileno()])
        channel.detach()
    with pytest.raises(ValueError, match="shared memory"):
        transport.receive(ours)


def test_whoever_never_reads_is_given_up() -> None:
    ours, theirs = Pipe()
    transport.limit_silence(ours, 1)

    def send_on() -> None:
        while True:
            transport.send_job(ours, More())

    with pytest.raises(OSError, match=r"\w"):
        send_on()
    theirs.close()


@pytest.mark.parametrize(
    ("value", "hint", "is_so"),
    [
        (1, float, True),
        (1.0, int, False),
        (True, int, False),
        (None, str | None, True),
        ((1, 2), tuple[int, ...], True),
        ((1, "2"), tuple[int, ...], False),
        ((1, "2"), tuple[int, str], True),
        ((1,), tuple[int, str], False),
        ([1], tuple[int, ...], False),
        ((1,), list[int], True),
        (("1",), list[int], False),
        ("cpu", Literal["cpu", "cuda"], True),
        (["cpu"], Literal["cpu", "cuda"], False),
        (np.zeros(1, np.int16), NDArray[np.int16], True),
        (np.zeros(1, np.float32), NDArray[np.int16], False),
        (np.zeros(1, ">i2"), NDArray[np.int16], False),
        (float("inf"), float, False),
        (10**4000, float, False),
        (Cue(0.0, 1.0, "x"), Cue | Frame, True),
        ("x", Cue | Frame, False),
        (object(), Any, True),
    ],
)
def test_values_fit_their_hints(value: object, hint: object, is_so: bool) -> None:
    assert fits(value, hint) is is_so


def test_what_functions_say_that_they_return() -> None:
    assert result_hint(probe) is VideoInfo
    assert result_hint(read_frames) == Frame | FrameReport
    assert result_hint(lambda: None) is Any


def test_half_a_message_ends_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = Pipe()
    transport.limit_silence(ours, 1)
    head = theirs.fileno()
    with socket.socket(fileno=head) as channel:
        channel.send(b"\0\0")
        with pytest.raises(OSError, match=r"\w"):
            transport.receive(ours)
        channel.detach()


def test_a_worker_may_not_say_what_is_not_plain() -> None:
    ours, theirs = Pipe()
    for value in (object(), np.array([object()]), {1, 2}, Connection):
        with pytest.raises(TypeError):
            transport.send(theirs, value)
    assert not ours.poll()
