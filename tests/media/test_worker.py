"""A worker may crash, hang or burst: the job ends with an error, the program goes on."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import jobs
import numpy as np
import pytest

from clips import make_clip
from vidqa.errors import DecoderError, NotAVideoError
from vidqa.media.reader import Reader
from vidqa.media.worker.messages import Failed
from vidqa.media.worker.pool import Worker, Workers, _failure

HERE = Path(__file__).parent
PARENT = """
import sys, jobs
from vidqa.media.worker.pool import Worker
worker = Worker(silence_s=2)
print(worker.call(jobs.process_id), flush=True)
worker.call(jobs.loop)
"""


@pytest.fixture(autouse=True)
def own_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests start worker processes of their own."""
    monkeypatch.setattr("vidqa.media.reader.Workers", Workers)


@pytest.fixture(autouse=True)
def jobs_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HERE))


HOG = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
parent = os.getppid()
print(flush=True)
while os.getppid() == parent:
    pass
"""


@contextmanager
def busy(count: int, place: int) -> Iterator[None]:
    """So many endless loops on one CPU."""
    with ExitStack() as stack:
        for _ in range(count):
            words = [sys.executable, "-S", "-E", "-c", HOG, str(place)]
            hog = stack.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE))
            stack.callback(hog.kill)
            assert hog.stdout is not None
            hog.stdout.readline()
        yield


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(silence_s=1.5, memory_bytes=1 << 30)
    yield worker
    worker.close()


def test_results_come_back_whole_and_may_be_written_to(worker: Worker):
    got = list(worker.stream(jobs.pictures, 5, 400))
    assert [picture[0, 0, 0] for picture in got] == [0, 1, 2, 3, 4]
    assert all((picture == number).all() for number, picture in enumerate(got))
    got[1][:] = 200
    assert (got[2] == 2).all()


def test_a_worker_serves_many_jobs(worker: Worker):
    served = {worker.call(jobs.process_id) for _ in range(5)}
    assert len(served) == 1
    assert served != {os.getpid()}


def test_only_decoders_and_numpy_are_loaded(worker: Worker, tmp_path: Path):
    from vidqa.media.container.probe import probe
    from vidqa.media.frames.read import read_frames

    make_clip(tmp_path / "a.mp4", range(0, 400, 40))
    info = worker.call(probe, tmp_path / "a.mp4")
    list(worker.stream(read_frames, info, [0.1]))
    loaded = set(worker.call(jobs.modules))
    assert {"av", "numpy"} <= loaded
    assert not loaded & {"torch", "transformers", "ctranslate2", "faster_whisper", "rich", "typer"}


def test_what_decoders_print_goes_nowhere(worker: Worker, capfd: pytest.CaptureFixture[str]):
    assert worker.call(jobs.say, "Could not find codec parameters") != ""
    assert capfd.readouterr() == ("", "")


def test_our_errors_come_back_as_they_are_and_spare_the_worker(worker: Worker):
    served = worker.call(jobs.process_id)
    with pytest.raises(NotAVideoError, match=r"a\.txt is none") as caught:
        worker.call(jobs.refuse, "a.txt")
    assert caught.value.hint == "try another"
    assert worker.call(jobs.process_id) == served


def test_a_fault_of_our_own_is_an_error_of_the_clip_that_says_where(worker: Worker):
    said = r"ZeroDivisionError: a fault of our own \(jobs\.py, line \d+\)"
    with pytest.raises(DecoderError, match=said) as caught:
        worker.call(jobs.fail)
    assert "Traceback" in str(caught.value.__cause__)


def test_a_crash_is_an_error_and_the_next_job_runs(worker: Worker):
    with pytest.raises(DecoderError, match=r"crashed \(SIGABRT\)"):
        worker.call(os.abort)
    with pytest.raises(DecoderError, match=r"crashed \(SIGSEGV\)"):
        worker.call(jobs.fault)
    assert worker.call(jobs.work_slowly, 0.1) == "done"


@pytest.mark.parametrize("job", [jobs.lie, jobs.blather, jobs.send_rubbish])
def test_a_worker_that_says_what_it_may_not_is_ended(worker: Worker, job: Callable[[], int]):
    with pytest.raises(DecoderError, match="sent nonsense"):
        worker.call(job)
    assert worker.call(jobs.process_id) > 0


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        ("", "it says nothing"),
        ('File "' * 1000 + "a" * 1000, "aaa"),
        (
            '  File "/x/frames.py", line 7, in f\nValueError: no',
            r"ValueError: no \(frames.py, line 7",
        ),
    ],
)
def test_what_is_said_of_a_fault_takes_no_time(trace: str, said: str):
    with pytest.raises(DecoderError, match=said):
        raise _failure(Failed(None, trace=trace))


def test_a_worker_gives_one_answer(worker: Worker):
    with pytest.raises(DecoderError, match="more than one answer"):
        worker.call(jobs.answer_twice)


def test_what_came_before_an_end_is_kept(worker: Worker):
    stream = worker.stream(jobs.one_then, "abort")
    assert next(stream) == "one"
    with pytest.raises(DecoderError):
        next(stream)
    stream = worker.stream(jobs.one_then, "error")
    assert next(stream) == "one"
    with pytest.raises(NotAVideoError):
        next(stream)


def test_a_hang_ends(worker: Worker):
    with pytest.raises(DecoderError, match=r"did not get on for 1\.5 s"):
        worker.call(jobs.loop)


@pytest.mark.parametrize("mishap", ["hang", "crash"])
def test_a_mishap_is_tried_once_more_and_goes_on_where_it_was(
    worker: Worker, tmp_path: Path, mishap: str
):
    assert list(worker.stream(jobs.three_with_a_mishap, tmp_path / "mark", mishap)) == [1, 2, 3]


def test_a_worker_that_gets_little_of_the_machine_does_not_hang(worker: Worker):
    process, place = worker.call(jobs.process_id), min(os.sched_getaffinity(0))
    with busy(9, place):
        os.sched_setaffinity(process, {place})
        assert worker.call(jobs.compute, 0.5) == "done"
    assert worker.call(jobs.process_id) == process, "it was not tried again"


def test_a_worker_that_was_stopped_does_not_hang(worker: Worker):
    process = worker.call(jobs.process_id)
    os.kill(process, signal.SIGSTOP)
    threading.Timer(4, os.kill, (process, signal.SIGCONT)).start()
    assert worker.call(jobs.process_id) == process


def test_slow_work_that_gives_signs_of_life_is_no_hang(worker: Worker):
    assert worker.call(jobs.work_slowly, 3) == "done"


def test_a_slow_reader_is_no_hang(worker: Worker):
    got = []
    for picture in worker.stream(jobs.pictures, 3, 10):
        time.sleep(2)
        got.append(picture[0, 0, 0])
    assert got == [0, 1, 2]


def test_a_memory_bomb_is_an_error(worker: Worker):
    assert worker.call(jobs.take_memory, 1 << 28) == 1 << 28
    with pytest.raises(DecoderError, match="more memory"):
        worker.call(jobs.take_memory, 1 << 32)
    assert worker.call(jobs.work_slowly, 0.1) == "done"


def test_a_stream_that_nobody_finishes_leaves_the_worker_usable(worker: Worker):
    for _ in range(3):
        stream = worker.stream(jobs.pictures, 100, 400)
        assert next(stream).shape == (400, 400, 3)
        stream.close()
    assert worker.call(jobs.work_slowly, 0.1) == "done"


def test_shared_memory_is_given_back_though_the_pictures_are_kept(worker: Worker):
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    kept = [picture for _ in range(10) for picture in worker.stream(jobs.pictures, 10, 200)]
    assert len(kept) == 100
    assert descriptors() <= before + 1  # the worker's own connection
    assert "memfd:vidqa" not in Path("/proc/self/maps").read_text()


def test_relative_paths_begin_where_the_program_is_now(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    worker.call(jobs.process_id)
    monkeypatch.chdir(tmp_path)
    assert worker.call(os.getcwd) == str(tmp_path)


@pytest.mark.slow
def test_a_busy_reader_does_not_let_signs_of_life_pile_up_to_a_crash(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
):
    stream = worker.stream(jobs.one_after_many_beats, 40_000)
    assert next(stream) == "one"
    time.sleep(6)  # the next item is being made all the while
    assert next(stream) == "two"


def test_a_worker_ends_with_its_owner():
    worker = Worker()
    process = worker.call(jobs.process_id)
    del worker
    assert not is_alive(process)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_a_parent_that_is_killed(sign: signal.Signals):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    process = int(parent.stdout.readline())
    time.sleep(0.3)
    parent.send_signal(sign)
    parent.communicate(timeout=120)
    deadline = time.monotonic() + 120  # a hanging decoder cannot be told; it ends by itself
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_alive(process)


def test_two_threads_get_two_workers():
    workers = Workers()
    seen: list[int] = []

    def work() -> None:
        with workers.lend() as worker:
            worker.call(jobs.work_slowly, 0.5)
            seen.append(worker.call(jobs.process_id))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with workers.lend() as worker:
        assert worker.call(jobs.process_id) in seen
    assert len(set(seen)) == 2
    workers.close()


def test_processes_stay_warm_from_clip_to_clip(tmp_path: Path):
    from vidqa.media.frames.read import collect

    make_clip(tmp_path / "a.mp4", range(0, 400, 40))
    reader, served = Reader(), set()
    for _ in range(3):
        info = reader.probe(tmp_path / "a.mp4")
        collect(reader.frames(info, [0.1, 0.2]))
        served.add(reader.call(tmp_path, jobs.process_id))
    assert len(served) == 1
    reader.close()


def test_the_reader_names_the_clip_that_crashed():
    reader = Reader()
    with pytest.raises(DecoderError, match=r"'bad\.mp4' cannot be decoded: .*SIGABRT"):
        reader.call(Path("bad.mp4"), os.abort)
    reader.close()


def test_the_reader_reads_what_the_functions_read(tmp_path: Path):
    from vidqa.media.container.probe import probe
    from vidqa.media.frames.read import read_frames

    path = tmp_path / "a.mp4"
    make_clip(path, range(0, 1000, 40))
    reader = Reader()
    info = reader.probe(path)
    assert info == probe(path)
    here, there = read_frames(info, [0.1, 0.5]), reader.frames(info, [0.1, 0.5])
    for one, other in zip(here, there, strict=True):
        assert np.array_equal(getattr(one, "pixels", 0), getattr(other, "pixels", 0))
        assert getattr(one, "time_s", one) == getattr(other, "time_s", other)
    reader.close()


def is_alive(process: int) -> bool:
    try:
        return "Z (zombie)" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
