"""What is done at the desk: each job hands over what comes of it."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidqa.engine import Clip, Model
from vidqa.engine.summaries.summarize import summarize
from vidqa.errors import UsageError, VidqaError
from vidqa.media.fingerprint import fingerprint
from vidqa.media.fingerprint_cache import known_fingerprint
from vidqa.media.words.text_track import with_cues
from vidqa.network.text.schema_grammar import grammar_of
from vidqa.serve.desk.bench import Bench, View
from vidqa.serve.desk.desk import Tell
from vidqa.serve.socket.wire import Record, StageBegun, Told, Watched
from vidqa.tasks.preview.preview import PreviewOptions
from vidqa.tasks.preview.record import frames_record
from vidqa.tasks.preview.write_frames import Places, write_frames
from vidqa.tasks.transcribe.caption_formats import Captions
from vidqa.tasks.transcribe.transcriber import Transcriber
from vidqa.types import UNGROUNDED, Answer, Cue, Frame, Stage, TextDelta, Words
from vidqa.types.generation import GenerationSettings
from vidqa.types.loading import LoadSettings
from vidqa.types.records import info_record
from vidqa.types.summaries import SummarySettings

Finish = Callable[[Clip, "Telling"], None]
"""Does something with a watched clip."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Hands over stages and progress as they come."""

    tell: Tell

    def stage(self, name: Stage) -> None:
        """Say that a stage begins."""
        self.tell(StageBegun(name))

    def progress(self, what: str) -> None:
        """Say how far it is."""
        self.tell(Told(what))


def with_clip(view: View, finish: Finish) -> Callable[[Bench, Tell], None]:
    """Return a job that watches a clip, and does something with it."""

    def work(bench: Bench, tell: Tell) -> None:
        telling = Telling(tell)
        with bench.metrics.stages(telling.stage) as stage:
            clip, marks = bench.clip(view, stage)
            tell(Watched(clip.decoder, clip.words.detail, marks.subtitles))
            finish(clip, _Timed(tell, stage))

    return work


@dataclass(frozen=True, slots=True)
class _Timed(Telling):
    begin: Callable[[Stage], None]

    def stage(self, name: Stage) -> None:
        self.begin(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, and how it is answered."""

    text: str
    generation: GenerationSettings
    choices: tuple[str, ...] = ()
    threshold: float | None = None
    grounding: bool = False
    turns: Sequence[tuple[str, str]] = ()
    """Questions and answers before it."""

    def __post_init__(self) -> None:
        if self.choices and self.generation.think is not None:
            raise UsageError("an answer is chosen, or thought about, not both")
        if (schema := self.generation.schema) is not None:
            if self.choices:
                raise UsageError("an answer is chosen, or fits a schema, not both")
            grammar_of(schema)  # what nothing fits is said before anything is watched

    def finish(self, clip: Clip, telling: Telling) -> None:
        """Answer it about a clip: piece by piece, then the whole."""
        answer = (self._chosen if self.choices else self._written)(clip, telling)
        telling.tell(grounded(clip, answer) if self.grounding else answer)

    def _chosen(self, clip: Clip, telling: Telling) -> Answer:
        answer = clip.choose(
            self.text,
            self.choices,
            threshold=self.threshold,
            notify=telling.stage,
            windows=self.generation.windows,
        )
        telling.stage("generate")
        telling.tell(TextDelta(answer.text))
        return answer

    def _written(self, clip: Clip, telling: Telling) -> Answer:
        with closing(self._stream(clip, telling)) as stream:
            for event in stream:
                if isinstance(event, Answer):
                    return event
                telling.tell(event)
        raise AssertionError("a stream ends with its answer")

    def _stream(self, clip: Clip, telling: Telling) -> Any:
        notify, progress = telling.stage, telling.progress
        if not self.turns:
            return clip.stream(self.text, self.generation, notify=notify, progress=progress)
        talk = clip.converse(progress)
        for question, answer in self.turns:
            talk.recall(question, answer)
        return talk.stream(self.text, self.generation, notify=notify)


def grounded(clip: Clip, answer: Answer) -> Answer:
    """Add what an answer rests on; if that fails, it still stands."""
    try:
        return clip.grounded(answer)
    except VidqaError as error:
        return replace(answer, warnings=(*answer.warnings, UNGROUNDED.format(error.message)))


@dataclass(frozen=True, slots=True)
class Message:
    """Answer texts, and pictures between them, about no clip."""

    parts: Sequence[str | Path]
    """Texts, and files of pictures, in reading order."""
    generation: GenerationSettings
    answer: str | None = None
    """What an answer begins with, to be scored."""
    is_scored: bool = False
    """Whether the answer is scored, and none is written."""

    def work(self, bench: Bench, tell: Tell) -> None:
        """Hand over the text piece by piece, and then all that is known of it."""
        model = bench.model
        parts = [one if isinstance(one, str) else _pixels(model, one) for one in self.parts]
        tell(StageBegun("generate"))
        if self.is_scored:
            tell(model.score_message(parts, self.answer))
            return
        for event in model.stream_message(parts, self.generation):
            tell(event)


def _pixels(model: Model, file: Path) -> "NDArray[np.uint8]":
    """Return the pixels of a picture, (height, width, 3), as large as the model looks at it."""
    info = model.reader.probe(file)
    if info.kind != "picture":
        raise UsageError("of several files that are shown in a message, each must be a picture")
    frame, *_ = model.reader.frames(info, (0.0,), size=model.loaded.picture_size)
    assert isinstance(frame, Frame), "the report comes last"
    return frame.pixels


@dataclass(frozen=True, slots=True)
class Summing:
    """Sum a clip up."""

    settings: SummarySettings

    def finish(self, clip: Clip, telling: Telling) -> None:
        """Sum a clip up, window by window where it is long."""
        notify, progress = telling.stage, telling.progress
        telling.tell(summarize(clip, self.settings, notify=notify, progress=progress))


@dataclass(frozen=True, slots=True)
class Grounding:
    """Find out what an answer that was given rests on."""

    answer: Answer

    def finish(self, clip: Clip, telling: Telling) -> None:
        """Hand the answer over, with that."""
        telling.tell(clip.grounded(replace(self.answer, video=clip.video)))


@dataclass(frozen=True, slots=True)
class Prompt:
    """Show what the model sees when asked."""

    question: str
    windows: int | str

    def finish(self, clip: Clip, telling: Telling) -> None:
        """Hand the prompt over."""
        telling.tell(clip.prompt(self.question, windows=self.windows))


@dataclass(frozen=True, slots=True)
class Looking:
    """Say what is in a clip."""

    path: Path
    name: str

    def work(self, bench: Bench, tell: Tell) -> None:
        """Hand the record over."""
        reader = bench.model.reader
        info = reader.probe(self.path)
        if any(track.is_text for track in info.subtitles):
            info = reader.call(self.path, with_cues, info)
        mark = (known_fingerprint if bench.model.cache is not None else fingerprint)(self.path)
        tell(Record(info_record(info, self.name, mark)))


@dataclass(frozen=True, slots=True)
class Showing:
    """Say which frames and words a model sees of a clip."""

    view: View
    model: str
    """As it was named."""
    load: LoadSettings

    def work(self, bench: Bench, tell: Tell) -> None:
        """Hand the record over."""
        how = PreviewOptions.of(
            self.view.viewing,
            model=self.model,
            speech=self.load.speech,
            keep=self.load.keep,
        )
        tell(StageBegun("decode"))
        written = write_frames(self.view.path, how, Places(), reader=bench.model.reader)
        tell(Record(frames_record(self.view.name, written, how)))


@dataclass(frozen=True, slots=True)
class Listening:
    """Write down what is said in a clip."""

    view: View
    load: LoadSettings

    def work(self, bench: Bench, tell: Tell) -> None:
        """Hand the records over as they come: of every cue, and the last of all."""
        path, viewing, cache = self.view.path, self.view.viewing, bench.model.cache
        request = replace(viewing.word_request, screen_text=viewing.screen_text)
        tell(StageBegun("speech"))
        transcriber = Transcriber(
            request,
            speech=self.load.speech,
            device=self.load.device,
            reader=bench.model.reader,
            cache=cache,
        )
        sound = transcriber.probe(path)
        captions, words = Captions("json", self.view.name), Words("none")
        stream = transcriber.stream(path, sound, start_s=viewing.start_s, end_s=viewing.end_s)
        for event in stream:
            if isinstance(event, Words):
                words = event
            elif isinstance(event, Cue):
                tell(Record(json.loads(captions.cue(event))))
            else:
                tell(Told(f"{event.until_s:.0f} of {sound.duration_s:.0f} s"))
        tell(Record(json.loads(captions.end(words))))
