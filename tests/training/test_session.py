"""Training from files to a folder, on tiny random models and clips made here."""

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import tiny
from media.clips import make_clip
from vidqa.engine import Model, open_folder
from vidqa.errors import ClipNotFoundError, UsageError
from vidqa.models.resolve import find_local
from vidqa.training import log as curve
from vidqa.training.data.build_samples import Unwatchable, Watched, Watching
from vidqa.training.data.examples import Example, Source, read_examples
from vidqa.training.data.packing import pack
from vidqa.training.loop import Evaluated, Stepped
from vidqa.training.objective import AnswerLoss
from vidqa.training.schedule import Schedule
from vidqa.training.session import NOTES, Finished, Session, TrainingEvent
from vidqa.training.settings import Lora, TrainingSettings

pytestmark = pytest.mark.numbers

STEPS = 50
SETTINGS = TrainingSettings(
    Schedule(1e-3, 2e-2, 2e-3, warmup_steps=5, total_steps=STEPS),
    lora=Lora(rank=4, alpha=8, dropout=0.05, targets=("q_proj", "v_proj", "down_proj")),
    batch=2,
    checkpoint_every=10,
    evaluate_every=25,
    seed=3,
)
SUBTITLES = "1\n00:00:00,100 --> 00:00:00,400\nthe cat is called Chelsea\n"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Two questions about each of three clips, one with words."""
    folder = tmp_path_factory.mktemp("clips")
    lines = []
    for number in range(3):
        make_clip(folder / f"{number}.mp4", [0, 100, 200, 300])
        for question, answer in [("what is it", f"number {number}"), ("is it a dog", "no")]:
            lines.append({"video": f"{number}.mp4", "question": question, "answer": answer})
    (folder / "0.srt").write_text(SUBTITLES)
    (folder / "all.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return read_examples(folder / "all.jsonl")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With word embeddings large enough for sure predictions: they are not trained."""
    folder = tiny.vidqa_folder(tmp_path_factory.mktemp("base"))
    weights = load_file(folder / "model.safetensors")
    weights["model.language_model.embed_tokens.weight"] *= 30
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def session(base: Path, folder: Path, settings: TrainingSettings = SETTINGS) -> Session:
    model: Model = open_folder(
        tiny.spec("vidqa", frames=3), base, revision="test", device="cpu", dtype="float32"
    )
    return Session(model=model, preset="starter", folder=folder, settings=settings)


def steps_of(events: Iterator[TrainingEvent]) -> list[Stepped]:
    return [event for event in events if isinstance(event, Stepped)]


@pytest.fixture(scope="module")
def unbroken(
    base: Path, examples: list[Example], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[TrainingEvent]]:
    folder = tmp_path_factory.mktemp("run") / "model"
    return folder, list(session(base, folder).run(examples, examples[:2]))


def test_it_learns(unbroken: tuple[Path, list[TrainingEvent]]) -> None:
    losses = [step.loss for step in steps_of(iter(unbroken[1]))]
    assert len(losses) == STEPS
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
    evaluated = [event for event in unbroken[1] if isinstance(event, Evaluated)]
    assert [event.step for event in evaluated] == [25, 50]
    assert evaluated[1].loss < losses[0]


def test_what_comes_out_is_what_was_trained(
    unbroken: tuple[Path, list[TrainingEvent]], examples: list[Example]
) -> None:
    """Merged, rounded to bf16 and loaded anew it has the loss that was seen last."""
    folder, events = unbroken
    assert events[-1] == Finished(folder)
    local = find_local(str(folder))
    assert local is not None
    spec = tiny.spec("vidqa", frames=3)
    model = open_folder(spec, local.folder, revision="new", device="cpu", dtype="float32")
    source = examples[0].source
    lesson = Watching(model, folder / NOTES).lesson(source, examples[:2])
    with torch.inference_mode():
        batch = pack([lesson], pad_id=0).to(torch.device("cpu"))
        loss = AnswerLoss(model.loaded.network)(**batch).item()
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    assert loss == pytest.approx(evaluated[-1].loss, rel=0.02)
    assert model.watch(source.video).ask(examples[0].question).text


def test_the_log_says_every_step(unbroken: tuple[Path, list[TrainingEvent]]) -> None:
    folder, events = unbroken
    records = [json.loads(line) for line in (folder / NOTES / curve.LOG).read_text().splitlines()]
    steps = [record for record in records if "loss" in record]
    assert [record["step"] for record in steps] == list(range(1, STEPS + 1))
    assert steps[0]["lessons"] == list(steps_of(iter(events))[0].samples)
    assert (folder / NOTES / curve.PICTURE).read_bytes().startswith(b"\x89PNG")


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "stopped_after", [pytest.param(1, marks=SLOW), 17, pytest.param(40, marks=SLOW)]
)
def test_a_stopped_run_goes_on_as_if_it_had_not(
    unbroken: tuple[Path, list[TrainingEvent]],
    base: Path,
    examples: list[Example],
    tmp_path: Path,
    stopped_after: int,
) -> None:
    whole = steps_of(iter(unbroken[1]))
    folder = tmp_path / "model"
    begun = session(base, folder).run(examples, [])
    first = list(itertools.islice(steps_only(begun), stopped_after))
    begun.close()  # type: ignore[attr-defined]
    rest = steps_of(session(base, folder).run(examples, []))
    every = SETTINGS.checkpoint_every
    kept = (stopped_after - 1) // every * every  # a checkpoint follows its step
    seen = [*first[:kept], *rest]
    assert [step.samples for step in seen] == [step.samples for step in whole]
    for mine, other in zip(seen, whole, strict=True):
        assert math.isclose(mine.loss, other.loss, rel_tol=1e-6)
    log = (folder / NOTES / curve.LOG).read_text().splitlines()
    assert [json.loads(line)["step"] for line in log] == list(range(1, STEPS + 1))


def steps_only(events: Iterator[TrainingEvent]) -> Iterator[Stepped]:
    return (event for event in events if isinstance(event, Stepped))


def test_clips_are_watched_once(base: Path, examples: list[Example], tmp_path: Path) -> None:
    short = replace(SETTINGS, schedule=replace(SETTINGS.schedule, total_steps=2, warmup_steps=1))
    events = session(base, tmp_path / "model", short).run(examples, [])
    watched = [event.file for event in events if isinstance(event, Watched)]
    times = [file.stat().st_mtime_ns for file in watched]
    (tmp_path / "model" / "config.json").unlink()
    list(session(base, tmp_path / "model", short).run(examples, []))
    assert [file.stat().st_mtime_ns for file in watched] == times


def test_a_clip_that_cannot_be_watched_is_left_out(
    base: Path, examples: list[Example], tmp_path: Path
) -> None:
    short = replace(SETTINGS, schedule=replace(SETTINGS.schedule, total_steps=1, warmup_steps=1))
    lost = [Example(Source(tmp_path / f"lost{n}.mp4"), "what", "nothing") for n in range(2)]
    wordless = Example(replace(examples[0].source, subtitles=tmp_path / "lost.srt"), "what", "no")
    apart = [lost[1], examples[0]]
    run = session(base, tmp_path / "model", short).run([*examples, lost[0], wordless], apart)
    events = list(run)
    assert all(isinstance(event, Unwatchable) for event in events[:3]), "before hours of watching"
    missed = [event for event in events if isinstance(event, Unwatchable)]
    assert [event.source for event in missed] == [
        lost[0].source,
        wordless.source,
        lost[1].source,
    ]
    assert all(isinstance(event.error, ClipNotFoundError) for event in missed)
    assert isinstance(events[-1], Finished)


def test_nothing_to_learn_from_is_an_error(base: Path, tmp_path: Path) -> None:
    lost = Example(Source(tmp_path / "lost.mp4"), "what", "nothing")
    with pytest.raises(UsageError, match="nothing to learn from"):
        list(session(base, tmp_path / "model").run([lost], []))


def test_nothing_to_look_at_is_an_error(
    base: Path, examples: list[Example], tmp_path: Path
) -> None:
    lost = Example(Source(tmp_path / "lost.mp4"), "what", "nothing")
    with pytest.raises(UsageError, match="nothing to look at"):
        list(session(base, tmp_path / "model").run(examples, [lost]))


def test_another_run_in_the_folder_is_not_mixed_in(
    base: Path, examples: list[Example], tmp_path: Path
) -> None:
    begun = session(base, tmp_path / "model").run(examples, [])
    list(itertools.islice(steps_only(begun), 11))
    begun.close()  # type: ignore[attr-defined]
    other = session(base, tmp_path / "model", replace(SETTINGS, seed=4))
    with pytest.raises(UsageError, match="another training was begun"):
        list(other.run(examples, []))


def test_a_model_is_not_overwritten(unbroken: tuple[Path, list[TrainingEvent]], base: Path) -> None:
    with pytest.raises(UsageError, match="holds a model already"):
        next(session(base, unbroken[0]).run([], []))
