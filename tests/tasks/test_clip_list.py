"""Which clips are meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidqa.errors import ClipNotFoundError, UsageError
from vidqa.tasks.clip_list import expand, is_many, read_list, share


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("b.MP4", "a.mkv", "notes.txt", ".hidden.mp4", "in/c.mov", "in/deep/d.webm"):
        path = tmp_path / "clips" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_a_folder_is_its_videos_by_name(folder: Path) -> None:
    assert expand(["clips"]) == ("clips/a.mkv", "clips/b.MP4")
    assert expand(["clips/"], recursive=True) == (
        "clips/a.mkv",
        "clips/b.MP4",
        "clips/in/c.mov",
        "clips/in/deep/d.webm",
    )


def test_patterns_are_expanded_where_the_shell_did_not(folder: Path) -> None:
    assert expand(["clips/*.m*"]) == ("clips/a.mkv",)
    assert expand(["clips/**/*.webm"]) == ("clips/in/deep/d.webm",)
    (folder / "clips" / "what?.mp4").touch()
    assert expand(["clips/what?.mp4"]) == ("clips/what?.mp4",)


def test_files_are_taken_as_they_are_and_once(folder: Path) -> None:
    words = ["gone.mp4", "clips/notes.txt", "clips/b.MP4", "clips", "[720p].mp4"]
    assert expand(words) == (
        "gone.mp4",
        "clips/notes.txt",
        "clips/b.MP4",
        "clips/a.mkv",
        "[720p].mp4",
    )
    assert not is_many("a" * 5000)


def test_links_to_folders_are_no_loops(folder: Path) -> None:
    (folder / "clips" / "in" / "again").symlink_to(folder / "clips")
    assert len(expand(["clips"], recursive=True)) == 4


@pytest.mark.parametrize(
    ("word", "said"),
    [("clips/in/deep/..", None), ("empty", "no video file in empty"), ("*.avi", r"\*\.avi")],
)
def test_nothing_found_is_said(folder: Path, word: str, said: str | None) -> None:
    (folder / "empty").mkdir()
    if said is None:
        assert expand([word]) == ("clips/in/deep/../c.mov",)
        return
    with pytest.raises(ClipNotFoundError, match=said):
        expand([word])


def test_lists_have_a_name_a_line_or_end_them_with_nul() -> None:
    assert read_list("a.mp4\n\nb c.mp4\n") == ["a.mp4", "b c.mp4"]
    assert read_list("a\nb.mp4\0c.mp4\0") == ["a\nb.mp4", "c.mp4"]


@given(st.lists(st.text(), unique=True), st.integers(1, 9))
def test_shards_are_equal_and_have_every_clip_once(clips: list[str], parts: int) -> None:
    shards = [share(clips, part, parts) for part in range(1, parts + 1)]
    assert sorted(clip for shard in shards for clip in shard) == sorted(clips)
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


@pytest.mark.parametrize("part", [0, 4])
def test_a_shard_that_is_not_there(part: int) -> None:
    with pytest.raises(UsageError, match="no shard"):
        share(["a"], part, 3)
