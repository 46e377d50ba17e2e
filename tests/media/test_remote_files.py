"""Files elsewhere: a web server on this machine, and a store in memory."""

import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from web import Web, served

from vidqa.errors import (
    ClipNotFoundError,
    ClipUnreachableError,
    NotAVideoError,
    UsageError,
    trace_of,
)
from vidqa.media.elsewhere.catalog import Catalog
from vidqa.media.elsewhere.copy import Copy
from vidqa.media.elsewhere.staging import Stage
from vidqa.media.fingerprint import BLOCK_BYTES, WHOLE_BYTES, fingerprint
from vidqa.media.places import Places
from vidqa.media.words.request import WordRequest
from vidqa.system.remote.files import kind_of, listed, look_up, matching
from vidqa.system.remote.tries import tried
from vidqa.tasks.folders.clip_list import find_clips

CONTENT = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidqa.system.remote.tries.PAUSES_S", (0.0, 0.0))


@pytest.fixture
def web() -> Iterator[Web]:
    with served(Web({"/clip.mp4": CONTENT, "/%C3%BC%201.mp4": CONTENT})) as web:
        yield web


@pytest.fixture
def bucket() -> str:
    """An empty folder of a store."""
    return f"memory://{uuid.uuid4().hex}"


def put(address: str, content: bytes) -> None:
    with fsspec.open(address, "wb") as file:
        file.write(content)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(1 << 30, parent=lambda: tmp_path / "copies")
    yield stage
    stage.close()


def copied(address: str, target: Path) -> bytes:
    look_up(address).copy(target, lambda _: None)
    return target.read_bytes()


def test_a_file_is_copied(web: Web, tmp_path: Path) -> None:
    assert copied(f"{web.url}/clip.mp4?key=1", tmp_path / "copy") == CONTENT
    assert copied(f"{web.url}/\u00fc 1.mp4", tmp_path / "other") == CONTENT


@pytest.mark.parametrize(
    ("statuses", "error", "requests"),
    [
        ([503, 503], None, 3),
        ([500, 429, 503], ClipUnreachableError, 3),
        ([403, 403, 403], ClipUnreachableError, 0),
        ([410], ClipUnreachableError, 1),
    ],
)
def test_what_passes_is_tried_again(
    web: Web, tmp_path: Path, statuses: list[int], error: type[Exception] | None, requests: int
) -> None:
    web.statuses = list(statuses)
    if error is None:
        assert copied(f"{web.url}/clip.mp4", tmp_path / "copy") == CONTENT
    else:
        with pytest.raises(error, match=f"the server says {statuses[-1]}") as caught:
            copied(f"http://me:secret@{web.url[7:]}/clip.mp4?key=secret", tmp_path / "copy")
        assert "secret" not in str(caught.value)
    if requests:
        assert [method for method, _ in web.asked].count("GET") == requests


def test_what_is_not_there_is_said(web: Web) -> None:
    with pytest.raises(ClipNotFoundError, match="there is no file") as caught:
        look_up(f"{web.url}/no.mp4?key=secret")
    assert "secret" not in caught.value.message
    with pytest.raises(ClipNotFoundError):
        look_up("memory://nobody/no.mp4")


def test_a_server_that_says_nothing_is_given_up(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.silent_s = 1.5
    monkeypatch.setattr("vidqa.system.remote.files.SILENCE_S", 0.2)
    with pytest.raises(ClipUnreachableError, match=r"imeout"):
        look_up(f"{web.url}/clip.mp4")
    assert len(web.asked) <= 2


def test_a_redirection_in_a_circle_is_said(web: Web) -> None:
    web.location = "/clip.mp4"
    with pytest.raises(ClipUnreachableError) as caught:
        look_up(f"{web.url}/clip.mp4")
    assert "says 0" not in caught.value.message


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(ClipUnreachableError, match="Cannot connect"):
        look_up("http://127.0.0.1:9/clip.mp4")


@pytest.mark.parametrize("address", ["http://[::1/clip.mp4", "http://a b:x/clip.mp4"])
def test_a_host_that_is_none_is_said(address: str) -> None:
    with pytest.raises(ClipUnreachableError, match="cannot be read"):
        look_up(address)


def test_a_scheme_that_nobody_knows_is_said() -> None:
    with pytest.raises(UsageError, match=r"^foo:// is not read here"):
        look_up("foo://bucket/clip.mp4")


def test_a_copy_that_breaks_off_is_made_again(web: Web, tmp_path: Path) -> None:
    web.missing_bytes = 100
    assert copied(f"{web.url}/clip.mp4", tmp_path / "copy") == CONTENT
    assert [method for method, _ in web.asked].count("GET") == 2


def test_a_copy_that_is_too_short_is_none(bucket: str, tmp_path: Path) -> None:
    put(f"{bucket}/clip.mp4", CONTENT)
    remote = look_up(f"{bucket}/clip.mp4")
    put(f"{bucket}/clip.mp4", CONTENT[:-1])
    with pytest.raises(ClipUnreachableError, match=f"{len(CONTENT) - 1} of {len(CONTENT)} bytes"):
        remote.copy(tmp_path / "copy", lambda _: None)


def test_a_full_disk_is_none_of_the_servers_faults() -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        tried("s3://bucket/clip.mp4", full)


def test_an_error_of_any_kind_is_said_without_secrets() -> None:
    def broken() -> None:
        raise KeyError("me:secret")

    with pytest.raises(ClipUnreachableError) as caught:
        tried("ftp://me:secret@example.org/clip.mp4", broken)
    assert "'ftp://me@example.org/clip.mp4' cannot be read" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "size", [0, 1000, WHOLE_BYTES, WHOLE_BYTES + 5 * BLOCK_BYTES + 17], ids=str
)
def test_fingerprints_are_those_of_copies(
    bucket: str, stage: Stage, tmp_path: Path, size: int
) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    put(f"{bucket}/clip.mp4", content[:size])
    (tmp_path / "clip.mp4").write_bytes(content[:size])
    found = Catalog(stage, keep=False).fingerprint(f"{bucket}/clip.mp4")
    assert found == fingerprint(tmp_path / "clip.mp4")
    assert not (tmp_path / "copies").exists(), "nothing was copied"


def test_a_server_of_whole_files_gives_the_same_fingerprint(
    web: Web, stage: Stage, tmp_path: Path
) -> None:
    (tmp_path / "clip.mp4").write_bytes(CONTENT)
    expected = fingerprint(tmp_path / "clip.mp4")
    assert Catalog(stage, keep=True).fingerprint(f"{web.url}/clip.mp4") == expected
    assert list((tmp_path / "copies").rglob("*.mp4")) == []
    web.asked.clear()
    web.etag = '"one"'
    Catalog(stage, keep=True).fingerprint(f"{web.url}/clip.mp4")
    Catalog(stage, keep=True).fingerprint(f"{web.url}/clip.mp4")
    assert [method for method, _ in web.asked] == ["HEAD", "GET", "HEAD"]
    web.etag, web.contents["/clip.mp4"] = '"two"', CONTENT[::-1]
    changed = Catalog(stage, keep=True).fingerprint(f"{web.url}/clip.mp4")
    assert changed != expected


def test_a_weak_etag_is_not_trusted(web: Web, stage: Stage) -> None:
    web.etag = 'W/"one"'
    before = Catalog(stage, keep=True).fingerprint(f"{web.url}/clip.mp4")
    web.contents["/clip.mp4"] = CONTENT[::-1]
    assert Catalog(stage, keep=True).fingerprint(f"{web.url}/clip.mp4") != before


def test_without_caches_nothing_is_noted(web: Web, stage: Stage, clean_environment: Path) -> None:
    web.etag = '"one"'
    Catalog(stage, keep=False).fingerprint(f"{web.url}/clip.mp4")
    assert not clean_environment.exists()


def test_a_size_that_is_not_told_is_found_out(web: Web, stage: Stage) -> None:
    web.tells_size = False
    copy = Copy(
        f"{web.url}/clip.mp4", stage.ticket(), Catalog(stage, keep=False), with_subtitles=False
    )
    assert copy.path().read_bytes() == CONTENT


def test_a_store_is_listed(bucket: str) -> None:
    for name in ("b.mp4", "a#?.mp4", "in/c.mp4", ".hidden.mp4", "notes.txt"):
        put(f"{bucket}/{name}", CONTENT)
    below = {one.name: one for one in listed(bucket, recursive=True)}
    assert sorted(below) == [".hidden.mp4", "a#?.mp4", "b.mp4", "in/c.mp4", "notes.txt"]
    assert below["in/c.mp4"].address == f"{bucket}/in/c.mp4"
    assert below["b.mp4"].size_bytes == len(CONTENT)
    itself = {one.name: one.is_folder for one in listed(f"{bucket}/")}
    assert itself["in"]
    assert "in/c.mp4" not in itself
    assert [one.address for one in matching(f"{bucket}/*b.mp4")] == [f"{bucket}/b.mp4"]
    kinds = [kind_of(f"{bucket}/{name}") for name in ("in", "b.mp4", "no")]
    assert kinds == ["folder", "file", None]
    with pytest.raises(NotAVideoError, match="is a folder"):
        look_up(f"{bucket}/in")


def test_clips_of_a_store_are_found_like_those_here(bucket: str, tmp_path: Path) -> None:
    names = ("z.mp4", "in/b.MKV", "in/deep/a.mp4", ".x.mp4", "@eaDir/c.mp4", "notes.txt", "a b.mp4")
    for name in names:
        put(f"{bucket}/{name}", CONTENT)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(CONTENT)
    for recursive in (False, True):
        here = find_clips([str(tmp_path)], recursive=recursive)
        there = find_clips([bucket], recursive=recursive)
        relative = [one.removeprefix(f"{tmp_path}/") for one in here.clips]
        assert [one.removeprefix(f"{bucket}/") for one in there.clips] == relative
        assert [there.place(one) for one in there.clips] == [here.place(one) for one in here.clips]
        assert (there.passed_over, there.is_run) == (here.passed_over, here.is_run)
        assert list(there.addresses) == list(there.clips)
        parts = [set(there.shard(part, 3).clips) for part in (1, 2, 3)]
        assert sorted(one for part in parts for one in part) == sorted(there.clips)
    assert find_clips([bucket]).not_entered == 1
    pattern = find_clips([f"{bucket}/in/*.MKV"])
    assert (pattern.clips, pattern.is_run) == ((f"{bucket}/in/b.MKV",), True)


def test_clips_elsewhere_and_here_are_one_run(bucket: str, tmp_path: Path) -> None:
    put(f"{bucket}/a.mp4", CONTENT)
    (tmp_path / "a.mp4").write_bytes(CONTENT)
    found = find_clips([f"{bucket}/a.mp4", str(tmp_path / "a.mp4")])
    places = [str(found.place(one)) for one in found.clips]
    assert len(set(places)) == 2
    assert not any(".." in one for one in places)


@pytest.mark.parametrize("word", ["[ab]*.mp4", "?.mp4", "*/c?.mp4", "**/*.mp4", "in [[]x]/*"])
def test_patterns_are_those_of_files_here(bucket: str, tmp_path: Path, word: str) -> None:
    for name in ("a.mp4", "b.mp4", "z.mp4", "ab.mp4", "d/c1.mp4", "d/c22.mp4", "in [x]/e.mp4"):
        put(f"{bucket}/{name}", CONTENT)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(CONTENT)
    here = find_clips([f"{tmp_path}/{word}"])
    there = find_clips([f"{bucket}/{word}"])
    names = sorted(one.removeprefix(f"{tmp_path}/") for one in here.clips)
    assert sorted(one.removeprefix(f"{bucket}/") for one in there.clips) == names != []
    assert there.is_run


def test_a_name_with_a_question_mark_is_a_name_where_it_is_there(bucket: str) -> None:
    for name in ("a?.mp4", "ab.mp4"):
        put(f"{bucket}/{name}", CONTENT)
    found = find_clips([f"{bucket}/a?.mp4"])
    assert (found.clips, found.is_run) == ((f"{bucket}/a?.mp4",), False)


@pytest.mark.parametrize("word", ["{}", "{}/", "{}/*.mp4"])
def test_a_folder_without_clips_is_said(bucket: str, word: str) -> None:
    put(f"{bucket}/notes.txt", CONTENT)
    with pytest.raises(ClipNotFoundError, match="there is no video file"):
        find_clips([word.format(bucket)])


def test_two_addresses_with_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="differ only in what is not shown") as caught:
        find_clips(["https://me:one@h.org/a.mp4", "https://me:two@h.org/a.mp4"])
    assert "two@" not in caught.value.message
    assert len(find_clips(["https://me:one@h.org/a.mp4"] * 2).clips) == 1


def test_lists_name_stores_only(bucket: str) -> None:
    put(f"{bucket}/a.mp4", CONTENT)
    found = find_clips([], listed=[f"{bucket}/no.mp4", f"{bucket}/"])
    assert found.clips == (f"{bucket}/no.mp4", f"{bucket}/a.mp4")
    with pytest.raises(UsageError, match="a list may name files and object stores"):
        find_clips([], listed=["https://example.org/a.mp4"])


def places_of(address: str, stage: Stage, request: WordRequest | None = None) -> Places:
    return Places({"clip": address}, request or WordRequest(), keep=False, stage=stage)


def test_a_clip_brings_its_own_subtitles_only(bucket: str, stage: Stage) -> None:
    mine = ("clip.mp4", "clip.en.srt", "clip.srt", "clip.mp4.de.vtt")
    for name in (*mine, "clip_2.mp4", "clip_2.en.srt", "clip.txt", "other.srt"):
        put(f"{bucket}/{name}", CONTENT)
    places = places_of(f"{bucket}/clip.mp4", stage)
    before = places.marks("clip")
    path = places.place("clip").path()
    assert sorted(one.name for one in path.parent.iterdir()) == sorted(mine)
    assert places.marks("clip") == before == places.marks("clip", look=False)
    assert before.fingerprint == fingerprint(path)
    assert len((before.subtitles or "").split()) == 3
    places.release("clip")
    assert not path.parent.exists()


def test_subtitles_that_are_not_wanted_are_not_copied(bucket: str, stage: Stage) -> None:
    for name in ("clip.mp4", "clip.en.srt"):
        put(f"{bucket}/{name}", CONTENT)
    places = places_of(f"{bucket}/clip.mp4", stage, WordRequest("off"))
    assert [one.name for one in places.place("clip").path().parent.iterdir()] == ["clip.mp4"]
    assert places.marks("clip").subtitles is None


def test_a_clip_is_named_where_its_copy_would_be(bucket: str, stage: Stage) -> None:
    put(f"{bucket}/odd 'one'.mp4", CONTENT)
    address = f"{bucket}/odd 'one'.mp4"
    places = places_of(address, stage)
    path = places.place("clip").path()
    for said in (str(path), repr(str(path))):
        error = places.told_error(NotAVideoError(f"{said} is no video"), "clip")
        assert str(path.parent) not in error.message
        assert address in error.message
    beside = places.told(f"passed over: {path.parent / 'odd.srt'}", "clip")
    assert beside == f"passed over: {bucket}/odd.srt"


def test_a_clip_without_a_copy_has_no_fingerprint_unless_asked(bucket: str, stage: Stage) -> None:
    put(f"{bucket}/clip.mp4", CONTENT)
    places = places_of(f"{bucket}/clip.mp4", stage)
    assert places.marks("clip", look=False).fingerprint is None
    gone = places_of(f"{bucket}/no.mp4", stage)
    assert gone.marks("clip").fingerprint is None


def test_a_folder_that_cannot_be_listed_costs_the_subtitles_only(
    bucket: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(f"{bucket}/clip.mp4", CONTENT)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.ls", refuse)
    places = places_of(f"{bucket}/clip.mp4", stage)
    place = places.place("clip")
    assert isinstance(place, Copy)
    assert place.path().read_bytes() == CONTENT
    (note,) = place.notes
    assert "no subtitles could be looked for" in note
    assert "Access Denied" in note


def test_the_bound_counts_a_clip_with_its_subtitles(bucket: str, tmp_path: Path) -> None:
    for name in ("clip.mp4", "clip.en.srt", "clip.srt"):
        put(f"{bucket}/{name}", CONTENT)
    stage = Stage(3 * len(CONTENT) - 1, parent=lambda: tmp_path / "copies")
    with pytest.raises(ClipUnreachableError, match="copies may take"):
        places_of(f"{bucket}/clip.mp4", stage).place("clip").path()
    stage = Stage(3 * len(CONTENT), parent=lambda: tmp_path / "copies")
    assert (
        len(list(places_of(f"{bucket}/clip.mp4", stage).place("clip").path().parent.iterdir())) == 3
    )
    stage.close()


def test_errors_keep_their_causes_and_those_tell_no_secret(web: Web, stage: Stage) -> None:
    address = f"http://me:secret@{web.url[7:]}/clip.mp4?key=secret"
    web.statuses = [403] * 6
    places = places_of(address, stage)
    with pytest.raises(ClipUnreachableError) as caught, places.naming("clip"):
        places.place("clip").path()
    trace = trace_of(caught.value)
    assert "ClientResponseError: 403" in trace
    assert "secret" not in trace


def test_a_clip_that_changes_meanwhile_is_looked_up_again(bucket: str, stage: Stage) -> None:
    put(f"{bucket}/clip.mp4", CONTENT)
    places = places_of(f"{bucket}/clip.mp4", stage)
    before = places.marks("clip").fingerprint
    put(f"{bucket}/clip.mp4", CONTENT * 2)
    assert places.place("clip").path().read_bytes() == CONTENT * 2
    assert places.marks("clip").fingerprint not in (None, before)


def test_a_failed_copy_leaves_nothing_and_lets_others_pass(bucket: str, stage: Stage) -> None:
    put(f"{bucket}/clip.mp4", CONTENT)
    addresses = {"gone": f"{bucket}/gone.mp4", "clip": f"{bucket}/clip.mp4"}
    places = Places(addresses, WordRequest(), keep=False, stage=stage)
    first, second = places.place("gone"), places.place("clip")
    with pytest.raises(ClipNotFoundError):
        first.path()
    assert second.path().read_bytes() == CONTENT
