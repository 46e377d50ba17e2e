import os
import shutil
from pathlib import Path

import pytest

from vidqa.errors import ClipNotFoundError, NotAVideoError
from vidqa.media.fingerprint import BLOCK_BYTES, WHOLE_BYTES, fingerprint


def test_the_content_counts_and_the_name_does_not(tmp_path: Path):
    one, two = tmp_path / "a.mp4", tmp_path / "b.mkv"
    one.write_bytes(b"clip")
    shutil.copy(one, two)
    assert fingerprint(one) == fingerprint(two)
    two.write_bytes(b"clop")
    assert fingerprint(one) != fingerprint(two)


def test_the_scheme_is_part_of_it_and_stays(tmp_path: Path):
    clip = tmp_path / "clip"
    clip.write_bytes(b"clip")
    kept = "v1:b0c8d3e7"
    assert fingerprint(clip).startswith(kept[:3])
    assert len(fingerprint(clip)) == len("v1:") + 64


def test_what_is_no_file_is_an_error_and_no_wait(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for name in ("pipe.mp4", ".", "nul\0.mp4"):
        with pytest.raises(NotAVideoError):
            fingerprint(tmp_path / name)
    with pytest.raises(ClipNotFoundError):
        fingerprint(tmp_path / "gone.mp4")


def test_every_byte_of_a_file_that_is_read_whole_counts(tmp_path: Path):
    clip = tmp_path / "clip"
    content = bytearray(3 * BLOCK_BYTES + 17)
    seen = set()
    for place in (0, BLOCK_BYTES - 1, BLOCK_BYTES, 2 * BLOCK_BYTES + 5, len(content) - 1):
        content[place] += 1
        clip.write_bytes(content)
        seen.add(fingerprint(clip))
    assert len(seen) == 5


def test_a_large_file_is_told_by_its_size_its_ends_and_samples_between(tmp_path: Path):
    clip = tmp_path / "large"

    def mark(size: int, place: int | None = None) -> str:
        with clip.open("wb") as file:
            file.truncate(size)
            if place is not None:
                file.seek(place)
                file.write(b"x")
        return fingerprint(clip)

    size = WHOLE_BYTES * 3
    plain = mark(size)
    assert mark(size + 1) != plain
    assert mark(size, 0) != plain
    assert mark(size, size - 1) != plain
    assert mark(size, BLOCK_BYTES + 5) == plain  # what it cannot tell apart, as documented
