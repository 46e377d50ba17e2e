"""Every name that is written to disk: with another one, what users have is lost in silence.

Modules and classes may be called anything. Whoever changes another name or a digest on purpose
says in the changelog what becomes of what was kept under the old one.
"""

import importlib
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from vidqa.engine.asking import each_window
from vidqa.engine.finding import meanings
from vidqa.engine.local import saved as sights
from vidqa.engine.summaries import part_answers, piecewise, sentence_grounding
from vidqa.errors import ModelDamagedError
from vidqa.media import fingerprint_cache
from vidqa.media.sampling.samplers import Sampling
from vidqa.media.screen import look
from vidqa.media.viewing import Viewing
from vidqa.media.words import saved, speakers
from vidqa.media.words.request import WordRequest
from vidqa.models import resolve
from vidqa.models.store import manifest
from vidqa.system import cache
from vidqa.tasks.evaluate import evaluation, rules
from vidqa.tasks.folders import ledger, shelf
from vidqa.training import checkpoint, log, session
from vidqa.training.data import build_samples
from vidqa.types import Words

FIELDS = """
engine.local.saved:FramesHeader moments report frame_times_s form
engine.local.saved:PrefixHeader layers shift
media.sampling.samplers:Moments times_s warnings numbering
prompt.paper.limits:Numbering numbers frames_per_s start_s
media.frames.read:FrameReport decoder reason warnings
network.inference.frame_encoder:FrameForm tokens shape
network.inference.visual_features:VisualForm deeper in_one
engine.summaries.part_answers:PartAnswers texts frame_times_s words_used words_dropped \
visual_tokens prompt_tokens new_tokens longest_tokens stopped_by warnings
engine.asking.each_window:WindowAnswer answer sentences grounds quote quote_grounds
types:Words source cues detail warnings language
types:Cue start_s end_s text words on_screen speaker
types:Grounding verdict without_pictures without_words without_both
types:Maker model revision device dtype
engine.watch.encode_frames:FrameRequest sampling window count size decoder blank skip_alike
media.words.request:WordRequest subtitles language task text_track audio_track word_times \
screen_text speakers
media.sampling.samplers:Sampling name rate_fps
models.spec:Family image_kwargs processor_kwargs template_kwargs prompt
prompt.form:PromptForm heard unheard read question answer marks frame
models.store.manifest:Stamp path size sha256 mtime_ns ctime_ns inode
training.checkpoint:State step fingerprint
training.settings:TrainingSettings schedule lora projector_share batch accumulation weight_decay \
betas clip_norm gradient_checkpointing seed checkpoint_every keep_checkpoints evaluate_every
training.schedule:Schedule warmup_rate top_rate end_rate warmup_steps total_steps
training.settings:Lora rank alpha dropout targets
training.data.samples:Exchange question_ids answer_ids
"""
WORDS = b"""{"source":"file","cues":[{"start_s":0.5,"end_s":1.5,"text":"hi",\
"words":[[0.5,1.0,"hi"]],"on_screen":false,"speaker":null}],"detail":"a.srt","warnings":["w"],"language":"en"}"""
TOLD = b"""{"moments":{"times_s":[0.5],"warnings":[],\
"numbering":{"numbers":[0],"frames_per_s":25.0,"start_s":0.0}},\
"report":{"decoder":"pyav","reason":"r","warnings":[]},"frame_times_s":[0.5],\
"form":{"tokens":{"deeper":0,"in_one":false},"shape":[2,3,3]}}"""
ENTRIES = [
    (Words, WORDS),
    (sights.FramesHeader, TOLD),
    (sights.PrefixHeader, b'{"layers":2,"shift":null}'),
]


def test_the_key_of_a_part_of_a_clip():
    assert list(Viewing().key) == [
        "subtitles", "language", "task", "text_track", "audio_track", "frames", "recipe",
        "sampling", "start_s", "end_s", "decoder", "blank", "words", "keep_places",
    ]  # fmt: skip
    viewing = Viewing(sampling=Sampling("fps", 2.0), words=Words("none"))
    older = [name for name in asdict(viewing) if name in viewing.key]
    assert viewing.key == {name: asdict(viewing)[name] for name in older}
    assert Viewing(max_words=3).key == {**Viewing().key, "max_words": 3}


def test_what_is_on_the_screen_and_who_speaks_have_keys_of_their_own():
    said = "subtitles", "language", "task", "text_track", "audio_track", "word_times"
    assert tuple(WordRequest(screen_text="on", speakers=True).key) == said


@pytest.mark.parametrize("line", FIELDS.strip().splitlines())
def test_fields(line: str):
    place, *names = line.split()
    module, kind = place.split(":")
    made = getattr(importlib.import_module(f"vidqa.{module}"), kind)
    assert [one.name for one in fields(made)] == names


def test_kinds_files_and_records():
    kinds = (
        sights.LOOKED,
        sights.READ,
        saved.KIND,
        look.KIND,
        speakers.KIND,
        part_answers.ANSWERS._kind,
        piecewise.SHOTS._kind,
    )
    assert kinds == ("looked", "read", "heard", "screen", "turns", "told", "shots")
    assert sentence_grounding.GROUNDS._kind == "grounds"
    assert (each_window.ANSWERED._kind, meanings.MEANT) == ("answered", "meant")
    assert (cache.FOLDER, fingerprint_cache.FOLDER) == ("results", "fingerprints")
    models = (manifest.MARKER, resolve.SETTINGS, resolve.ADDED)
    assert models == ("verified.json", "vidqa.json", "added")
    runs = (session.NOTES, log.LOG, checkpoint.FOLDER, checkpoint.OPTIMIZER, checkpoint.STATE)
    assert runs == ("training", "log.jsonl", "checkpoints", "optimizer.pt", "state.json")
    lessons = (build_samples.PLACES, build_samples.PREFIX, build_samples.EXCHANGES)
    assert lessons == ("places", "prefix_ids", "exchanges")
    assert (shelf.JOURNAL, shelf.BEGUN) == (".vidqa.jsonl", "begun")
    assert ledger.MADE_BY == ("model", "revision", "device", "dtype", "settings")
    assert ledger.CONTENT == ("fingerprint", "subtitles_fingerprint")
    item = evaluation.Item("s", "v", "q", rules.Expected((("a",),), "exact"))
    assert item.key == '["s", "v", "q", "exact"]'
    record = evaluation.Result(item, "a", True).to_record()
    assert " ".join(record) == "key skill video question answer right stratum error"


@pytest.mark.parametrize(("kind", "content"), ENTRIES)
def test_entries_are_read_back_and_others_are_refused(kind: type, content: bytes):
    assert cache.written(cache.read_back(kind, content)) == content
    record = json.loads(content)
    others = [{**record, "more": 1}] + [
        {name: value for name, value in record.items() if name != gone} for gone in record
    ]
    for other in others:
        with pytest.raises(ValueError, match=r"more is written|validation error"):
            cache.read_back(kind, json.dumps(other, separators=(",", ":")).encode())


def test_stamps_and_states(tmp_path: Path):
    stamp: dict[str, Any] = dict.fromkeys(("size", "mtime_ns", "ctime_ns", "inode"), 1)
    stamp |= {"path": "a", "sha256": "b"}
    for more, is_read in (({}, True), ({"other": 1}, False)):
        marker = {"schema": 1, "source": "s", "files": [{**stamp, **more}]}
        (tmp_path / "verified.json").write_text(json.dumps(marker))
        assert (manifest.read_marker(tmp_path) is not None) == is_read
    (tmp_path / "state.json").write_text('{"step": 3, "fingerprint": "f"}')
    assert checkpoint.read_state(tmp_path) == checkpoint.State(3, "f")
    (tmp_path / "state.json").write_text('{"step": 3}')
    with pytest.raises(ModelDamagedError):
        checkpoint.read_state(tmp_path)
