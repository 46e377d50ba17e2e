"""Nothing is done twice: a clip watched before is neither read, heard nor encoded again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from transformers import DynamicCache

from clips import make_clip
from families import MAKERS, family_spec
from vidqa.cli.app import run
from vidqa.engine import Model, open_folder
from vidqa.engine.local import video_prefix as video_prefix
from vidqa.engine.local.saved import keep_context
from vidqa.media.sampling.samplers import Sampling
from vidqa.media.speech.recognizer import Heard
from vidqa.network.inference.decode import Context
from vidqa.network.inference.frame_encoder import FrameEncoder
from vidqa.system.cache import Cache
from vidqa.types import Cue, Words

pytestmark = pytest.mark.numbers

QUESTION = "What happens?"


class Parrot:
    """A recogniser that hears the same in everything."""

    name = "parrot"
    model_dir = Path("parrot-1")

    def __init__(self) -> None:
        from vidqa.media.speech.device import Place

        self.place, self.heard = Place("cpu", 1), 0

    def listen(self, blocks: object, **_: object) -> object:
        self.heard += 1
        list(blocks)  # type: ignore[call-overload]
        yield Cue(0.2, 0.9, "the cat is called Chelsea")
        yield Heard(1.0, "en")


class Counts:
    """How often frames were read and encoded, and sound was heard."""

    def __init__(self) -> None:
        self.encoded = self.read = 0
        self.parrot = Parrot()

    @property
    def all(self) -> tuple[int, int, int]:
        return self.encoded, self.read, self.parrot.heard


Open = Callable[..., Model]


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    counts = Counts()
    encode = FrameEncoder._encode

    def counted(self: FrameEncoder) -> None:
        counts.encoded += 1
        encode(self)

    monkeypatch.setattr(FrameEncoder, "_encode", counted)
    return counts


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("families")
    return {name: make(home / name) for name, make in MAKERS.items()}


@pytest.fixture
def opened(folders: dict[str, Path], counts: Counts, monkeypatch: pytest.MonkeyPatch) -> Open:
    def load(kind: str = "vidqa", *, keep: bool = True, **changes: str) -> Model:
        settings = {"revision": "test", "device": "cpu", "dtype": "float32", **changes}
        model = open_folder(
            family_spec(kind),
            folders[kind],
            recognizer=counts.parrot,  # type: ignore[arg-type]
            cache=Cache() if keep else None,
            **settings,  # type: ignore[arg-type]
        )
        frames = model.reader.frames

        def counted(*args: object, **kwargs: object) -> object:
            counts.read += 1
            return frames(*args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(model.reader, "frames", counted)
        return model

    return load


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    make_clip(tmp_path / "clip.mp4", range(0, 2000, 40), sound_s=2)
    return tmp_path / "clip.mp4"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", list(MAKERS))
def test_a_second_process_does_nothing_again_and_answers_the_same(
    kind: str, dtype: str, opened: Open, counts: Counts, clip: Path
) -> None:
    uncached = opened(kind, keep=False, dtype=dtype).watch(clip).ask(QUESTION)
    fresh = opened(kind, dtype=dtype).watch(clip).ask(QUESTION)
    done = counts.all
    again = opened(kind, dtype=dtype).watch(clip).ask(QUESTION)
    assert counts.all == done == (2, 2, 2)
    assert uncached.to_record() == fresh.to_record() == again.to_record()
    assert again.words_source == "speech"


RECURRENT = {"qwen3_5", "minicpmv4_6"}
"""Their states cannot be told from keys and values: the clip is read again, from its tokens."""


@pytest.mark.parametrize("kind", list(MAKERS))
def test_what_the_decoder_read_is_kept_where_it_can_be(
    kind: str, opened: Open, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = list[int]()
    prefill = video_prefix._prefilled

    def spy(loaded: Any, pictures: Any) -> Any:
        reads.append(pictures.input_ids.shape[1])
        return prefill(loaded, pictures)

    monkeypatch.setattr(video_prefix, "_prefilled", spy)
    first = opened(kind).watch(clip).rank(QUESTION, ["yes", "no"])
    assert len(reads) == 1
    again = opened(kind).watch(clip)
    assert len(reads) == (2 if kind in RECURRENT else 1)
    assert again.rank(QUESTION, ["yes", "no"]) == first
    again.converse()
    clip.with_suffix(".srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nother words\n")
    opened(kind).watch(clip)
    assert len(reads) == (3 if kind in RECURRENT else 2)


def test_names_do_not_matter_but_contents_do(
    opened: Open, counts: Counts, clip: Path, tmp_path: Path
) -> None:
    model = opened()
    model.watch(clip)
    done = counts.all
    shutil.copy(clip, tmp_path / "copy.mp4")
    clip.rename(tmp_path / "renamed.mp4")
    for name in ("copy.mp4", "renamed.mp4"):
        model.watch(tmp_path / name)
        assert counts.all == done
    make_clip(clip, range(40, 2040, 40), sound_s=2)
    model.watch(clip)
    assert counts.all == tuple(number + 1 for number in done)


@pytest.mark.parametrize(
    "change",
    [
        {"frames": 3},
        {"sampling": Sampling.parse("keyframes")},
        {"start_s": 0.5},
        {"end_s": 1.0},
        {"decoder": "decord"},
        {"blank": True},
    ],
    ids=str,
)
def test_other_settings_are_another_sight(
    change: dict[str, object], opened: Open, counts: Counts, clip: Path
) -> None:
    model = opened()
    model.watch(clip)
    done = counts.encoded
    model.watch(clip, **change)  # type: ignore[arg-type]
    assert counts.encoded == done + 1
    model.watch(clip, **change)  # type: ignore[arg-type]
    assert counts.encoded == done + 1


@pytest.mark.parametrize("change", [{"revision": "other"}, {"dtype": "bfloat16"}], ids=str)
def test_other_models_see_for_themselves(
    change: dict[str, str], opened: Open, counts: Counts, clip: Path
) -> None:
    opened().watch(clip)
    opened(**change).watch(clip)
    assert (counts.encoded, counts.parrot.heard) == (2, 1), "but what was heard is the same"


@pytest.mark.parametrize("change", [{"language": "de"}, {"task": "translate"}], ids=str)
def test_other_words_are_heard_for_themselves(
    change: dict[str, str], opened: Open, counts: Counts, clip: Path
) -> None:
    model = opened()
    model.watch(clip)
    model.watch(clip, **change)  # type: ignore[arg-type]
    assert (counts.encoded, counts.parrot.heard) == (1, 2)


def test_words_beside_a_clip_go_before_those_kept(opened: Open, clip: Path) -> None:
    model = opened()
    model.watch(clip)
    clip.with_suffix(".srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nsomething new\n")
    assert model.watch(clip).words.source == "sidecar"


def test_what_is_kept_is_what_was_heard(opened: Open, clip: Path) -> None:
    first, second = (opened().watch(clip).words for _ in range(2))
    assert first == second == Words("speech", first.cues, "parrot", first.warnings, "en")


def test_a_damaged_entry_is_seen_again(opened: Open, counts: Counts, clip: Path) -> None:
    model = opened()
    answer = model.watch(clip).ask(QUESTION)
    for entry in Cache().entries():
        entry.file.write_bytes(entry.file.read_bytes()[:-3])
    assert model.watch(clip).ask(QUESTION).to_record() == answer.to_record()
    assert counts.all == (2, 2, 2)
    model.watch(clip)
    assert counts.all == (2, 2, 2)


def test_an_entry_of_another_version_is_a_miss(opened: Open, counts: Counts, clip: Path) -> None:
    words = opened().watch(clip).words
    cache = Cache()
    (heard, *_) = [entry for entry in cache.entries() if entry.kind == "heard"]
    key = json.loads(heard.file.read_bytes().partition(b"\n")[0])["key"]
    told = json.loads(cache.get("heard", key) or b"")
    for changed in ({**told, "mood": "good"}, {"cues": []}, []):
        for entry in cache.entries():
            entry.file.unlink()
        cache.put("heard", key, json.dumps(changed).encode(), about="")
        assert opened().watch(clip).words == words
    assert counts.parrot.heard == 4


@pytest.mark.parametrize("damage", ["other shapes", "deep JSON", "other types", "nothing"])
def test_an_entry_that_holds_something_else_is_a_miss(
    opened: Open, counts: Counts, clip: Path, damage: str
) -> None:
    before = opened().watch(clip).ask(QUESTION)
    cache = Cache()
    entries = cache.entries()
    assert {entry.kind for entry in entries} >= {"heard", "looked", "read"}
    for entry in entries:
        key = json.loads(entry.file.read_bytes().partition(b"\n")[0])["key"]
        content = cache.get(entry.kind, key) or b""
        cache.put(entry.kind, key, damaged(content, damage), about="")
    done = counts.all
    again = opened().watch(clip).ask(QUESTION)
    assert again.to_record() == before.to_record()
    assert counts.all == tuple(2 * one for one in done)
    assert len(cache.entries()) == len(entries)


def damaged(content: bytes, how: str) -> bytes:
    head, newline, tensors = content.partition(b"\n")
    if how == "deep JSON":
        return b"[" * 100_000 + newline + tensors
    if how == "nothing":
        return b""
    if how == "other shapes" and newline:
        others = {name: one[..., :1] for name, one in safetensors.torch.load(tensors).items()}
        whole = {name: one.contiguous() for name, one in others.items()}
        return head + newline + safetensors.torch.save(whole)
    told = json.loads(head)
    return json.dumps({name: [value] for name, value in told.items()}).encode() + newline + tensors


@pytest.mark.parametrize("head", [b"[]", b'{"kind": 1, "about": ["x"]}', b"[" * 60_000, b"\xff"])
def test_a_list_of_entries_passes_over_what_is_none(clip: Path, head: bytes) -> None:
    cache = Cache()
    cache.put("heard", {"a": 1}, b"words", about="clip.mp4")
    (entry,) = cache.entries()
    entry.file.with_name("other").write_bytes(head + b"\n")
    assert "clip.mp4" in [one.about for one in cache.entries()]
    assert run(["cache", "list"]) == 0


def test_a_clip_that_changes_while_it_is_watched_is_not_kept(
    opened: Open, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = FrameEncoder.flush

    def overwritten(self: FrameEncoder) -> None:
        clip.write_bytes(clip.read_bytes() + b"more")
        encode(self)

    monkeypatch.setattr(FrameEncoder, "flush", overwritten)
    opened().watch(clip)
    assert "looked" not in {entry.kind for entry in Cache().entries()}


def test_a_private_clip_leaves_nothing(opened: Open, clip: Path, clean_environment: Path) -> None:
    opened(keep=False).watch(clip).ask(QUESTION)
    assert not list(clean_environment.rglob("*.mp4")) + Cache().entries()
    assert not (clean_environment / "fingerprints").exists()


@pytest.mark.parametrize("width", [4, 6])
def test_what_cannot_be_read_back_is_not_kept(tmp_path: Path, width: int) -> None:
    states = DynamicCache()
    states.update(torch.zeros(1, 2, 3, 4), torch.zeros(1, 2, 3, width), 0)
    cache = Cache(tmp_path, limit_bytes=1 << 20)
    keep_context(cache, {}, Context(states, 0), about="a.mp4")
    assert len(cache.entries()) == (width == 4)
