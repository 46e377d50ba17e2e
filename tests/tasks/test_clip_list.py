"""Which clips are meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidqa.errors import ClipNotFoundError, UsageError
from vidqa.media.endings import SOUND, VIDEO
from vidqa.tasks.folders.clip_list import ClipList, find_clips, read_list


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("b.MP4", "a.mkv", "notes.txt", ".hidden.mp4", "in/c.mov", "in/deep/d.webm"):
        path = tmp_path / "clips" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def clips_of(words: list[str], *, recursive: bool = False) -> tuple[str, ...]:
    return find_clips(words, recursive=recursive).clips


def test_a_folder_is_its_videos_by_name(folder: Path) -> None:
    assert clips_of(["clips"]) == ("clips/a.mkv", "clips/b.MP4")
    assert clips_of(["clips/"], recursive=True) == (
        "clips/a.mkv",
        "clips/b.MP4",
        "clips/in/c.mov",
        "clips/in/deep/d.webm",
    )


def test_folders_that_are_not_entered_are_counted(folder: Path) -> None:
    (folder / "clips" / "@eaDir").mkdir()
    (folder / "clips" / "linked").symlink_to(folder / "clips" / "in")
    assert find_clips(["clips"]).not_entered == 1
    assert find_clips(["clips"], recursive=True).not_entered == 0


def test_patterns_are_expanded_where_the_shell_did_not(folder: Path) -> None:
    assert clips_of(["clips/*.m*"]) == ("clips/a.mkv",)
    assert clips_of(["clips/**/*.webm"]) == ("clips/in/deep/d.webm",)
    (folder / "clips" / "what?.mp4").touch()
    assert clips_of(["clips/what?.mp4"]) == ("clips/what?.mp4",)


def test_files_are_taken_as_they_are_and_once(folder: Path) -> None:
    words = ["gone.mp4", "clips/notes.txt", "clips/b.MP4", "clips", "[720p].mp4"]
    assert clips_of(words) == (
        "gone.mp4",
        "clips/notes.txt",
        "clips/b.MP4",
        "clips/a.mkv",
        "[720p].mp4",
    )
    assert clips_of(["a" * 5000, "nul\0.mp4"]) == ("a" * 5000, "nul\0.mp4")
    assert clips_of(["./a.mp4", "a.mp4", "clips//b.MP4", "clips"]) == (
        "./a.mp4",
        "clips//b.MP4",
        "clips/a.mkv",
    )


def test_links_to_folders_are_no_loops(folder: Path) -> None:
    (folder / "clips" / "in" / "again").symlink_to(folder / "clips")
    assert len(clips_of(["clips"], recursive=True)) == 4


@pytest.mark.parametrize(
    ("word", "said"),
    [("clips/in/deep/..", None), ("empty", "no video file in empty"), ("*.avi", r"\*\.avi")],
)
def test_nothing_found_is_said(folder: Path, word: str, said: str | None) -> None:
    (folder / "empty").mkdir()
    if said is None:
        assert clips_of([word]) == ("clips/in/deep/../c.mov",)
        return
    with pytest.raises(ClipNotFoundError, match=said):
        clips_of([word])


def test_lists_have_a_name_a_line_or_end_them_with_nul() -> None:
    assert read_list("a.mp4\n\nb c.mp4\n") == ["a.mp4", "b c.mp4"]
    assert read_list("a\nb.mp4\0c.mp4\0") == ["a\nb.mp4", "c.mp4"]


def test_what_is_no_video_is_passed_over_and_counted(folder: Path) -> None:
    for name in ("b.srt", "sound.mp3", "in/notes.md"):
        (folder / "clips" / name).touch()
    assert find_clips(["clips"]).passed_over == 3
    assert find_clips(["clips"], recursive=True).passed_over == 4
    found = find_clips(["clips/*"])
    assert (found.clips, found.passed_over) == (("clips/a.mkv", "clips/b.MP4"), 3)
    assert clips_of(["clips/*.txt"]) == ("clips/notes.txt",)
    assert find_clips(["clips/sound.mp3"]).passed_over == 0
    assert "clips/sound.mp3" in find_clips(["clips"], suffixes=VIDEO | SOUND).clips


@pytest.mark.parametrize("litter", ["@eaDir", "#recycle", "$RECYCLE.BIN", "__MACOSX", ".Trash-0"])
def test_what_systems_leave_behind_is_left_out(folder: Path, litter: str) -> None:
    (folder / "clips" / litter / "b.MP4").mkdir(parents=True)
    (folder / "clips" / litter / "b.MP4" / "thumb.mp4").touch()
    (folder / "clips" / "._a.mkv").touch()
    (folder / "clips" / "README").touch()
    assert len(clips_of(["clips"], recursive=True)) == 4
    assert len(clips_of(["clips/**/*.*"])) == len(clips_of(["clips/**"])) == 4
    assert len(clips_of([f"clips/{litter}"], recursive=True)) == 1
    assert len(clips_of([f"clips/{litter}/**/*.mp4"])) == 1


@pytest.mark.parametrize(
    ("words", "places"),
    [
        (["clips"], ["in/c.mov", "in/deep/d.webm"]),
        (["clips/in/deep", "clips/in"], ["deep/d.webm", "c.mov"]),
        (["clips/**/c.*"], ["in/c.mov"]),
        (["clips/in/c.mov", "other/c.mov"], ["clips/in/c.mov", "other/c.mov"]),
        (["clips/in/c.mov"], ["c.mov"]),
        (["clips/in/d*/../../in/*.mov"], ["c.mov"]),
        (["clips/in/deep/../c.mov"], ["c.mov"]),
    ],
)
@pytest.mark.parametrize("absolute", [False, True])
def test_places_are_below_what_all_have_in_common(
    folder: Path, words: list[str], places: list[str], absolute: bool
) -> None:
    (folder / "clips" / "a.mkv").unlink()
    (folder / "clips" / "b.MP4").unlink()
    given = [str(folder / word) for word in words] if absolute else words
    found = find_clips(given, recursive=True)
    assert [str(found.place(clip)) for clip in found.clips] == places


@given(st.lists(st.text("abc/é\udcff", min_size=1), unique=True), st.integers(1, 9))
def test_shards_have_every_clip_once(names: list[str], parts: int) -> None:
    whole = ClipList(tuple(f"/all/{name}" for name in names), "/all")
    shards = [whole.shard(part, parts) for part in range(1, parts + 1)]
    assert sorted(clip for one in shards for clip in one.clips) == sorted(whole.clips)


def test_the_shard_of_a_clip_depends_on_its_place_alone(tmp_path: Path) -> None:
    whole = ClipList(tuple(f"/all/{number}.mp4" for number in range(300)), "/all")
    moved = ClipList(tuple(f"/nas/1/{number}.mp4" for number in range(0, 300, 2)), "/nas/1")
    third = set(whole.shard(2, 3).clips)
    assert 70 < len(third) < 130
    assert {f"/all/{Path(one).name}" for one in moved.shard(2, 3).clips} == {
        one for one in third if int(Path(one).stem) % 2 == 0
    }


@pytest.mark.parametrize("part", [0, 4])
def test_a_shard_that_is_not_there(part: int) -> None:
    with pytest.raises(UsageError, match="no shard"):
        ClipList(("a",), "/").shard(part, 3)
