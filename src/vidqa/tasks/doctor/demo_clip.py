"""Run the bundled clip through every stage of an answer, and time each stage."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vidqa.engine import Model, load
from vidqa.engine.speech import load_speech
from vidqa.engine.watch.background import Background
from vidqa.media.frames.read import FrameReport
from vidqa.media.reader import Reader
from vidqa.media.sampling.select import choose_sampling, stretch
from vidqa.media.words.finder import WordFinder
from vidqa.media.words.request import WordRequest
from vidqa.models.spec import ModelSpec
from vidqa.models.store.store import Store
from vidqa.prompt.recipe import choose_recipe
from vidqa.system import paths
from vidqa.system.devices import choose_device
from vidqa.tasks.doctor.finding import Finding, State
from vidqa.types import Frame

QUESTION = "What happens in the video?"
MAX_NEW_TOKENS = 12
"""Tokens of the answer: enough to see that generation works."""
SAID_CHARACTERS = 60
"""Characters shown of the words heard and of the answer."""


@dataclass(slots=True)
class Demo:
    """The bundled clip and the model to watch it; call the stages in order."""

    spec: ModelSpec
    model: str
    """Model, as given to `--model`."""
    device: str
    store: Store
    reader: Reader = field(default_factory=Reader)
    loaded: Model | None = None

    @property
    def clip(self) -> Path:
        """The file that is part of vidqa."""
        return paths.data_dir() / "demo.mp4"

    def decode(self) -> Iterator[Finding]:
        """Decode the frames that the model would be shown."""
        begun = time.perf_counter()
        info = self.reader.probe(self.clip)
        sampling = choose_sampling(choose_recipe("vidqa", self.spec), None)
        count = sampling.most(None, self.spec.frames)
        moments = self.reader.moments(info, sampling, stretch(info, None, None), count)
        items = list(self.reader.frames(info, moments.times_s))
        frames = sum(isinstance(one, Frame) for one in items)
        report = next(one for one in items if isinstance(one, FrameReport))
        warnings = (*moments.all_warnings(frames), *report.warnings)
        said = f"{frames} frames of {info.duration_s:.1f} s, by {report.decoder}"
        yield _stage("decode", begun, said, warnings)

    def speech(self) -> Iterator[Finding]:
        """Recognize speech with the model's recogniser."""
        if self.spec.speech is None:
            yield Finding("speech", "ok", f"{self.spec.name} does not listen")
            return
        wanted_by = self.spec.name if self.spec.sources else None  # a folder is not pulled
        recognizer = load_speech(
            self.spec.speech,
            device=choose_device(self.device),
            store=self.store,
            wanted_by=wanted_by,
        )
        begun = time.perf_counter()
        word_finder = WordFinder(self.reader, recognizer)
        # in a thread of its own: CTranslate2 changes how many threads torch has in the one it is in
        words = Background(lambda _: word_finder.words(self.clip, WordRequest("speech"))).result()
        text = " ".join(cue.text for cue in words.cues)
        if not text:
            yield Finding("speech", "failing", "nothing was heard where somebody speaks")
            return
        said = f"{recognizer.name} heard {len(text.split())} words: {_short(text)}"
        yield _stage("speech", begun, said, words.warnings)

    def load(self) -> Iterator[Finding]:
        """Load the model that answers."""
        begun = time.perf_counter()
        self.loaded = load(  # a cached result would not test anything
            self.model, device=self.device, store=self.store, reader=self.reader, keep=False
        )
        said = f"{self.spec.name} on {self.loaded.device}, {self.loaded.dtype}"
        yield _stage("load", begun, said)

    def answer(self) -> Iterator[Finding]:
        """Generate a few words about the frames, without the words heard."""
        if self.loaded is None:
            return
        clip = self.loaded.watch(self.clip, subtitles="off")
        yield Finding(
            "vision", "ok", f"{len(clip.segments)} frames in {clip.timings_s['vision']:.1f} s"
        )
        begun = time.perf_counter()
        answer = clip.ask(QUESTION, max_new_tokens=MAX_NEW_TOKENS)
        if not answer.new_tokens:
            yield Finding("decoder", "failing", "nothing was written")
            return
        said = f"{answer.new_tokens} tokens: {_short(answer.text)}"
        yield _stage("decoder", begun, said, answer.warnings)


def _stage(name: str, begun: float, said: str, warnings: tuple[str, ...] = ()) -> Finding:
    state: State = "warning" if warnings else "ok"
    took = f"{time.perf_counter() - begun:.1f} s"
    return Finding(name, state, "; ".join([f"{said} ({took})", *warnings]))


def _short(text: str) -> str:
    """Return the beginning of a text, on one line, quoted."""
    line = " ".join(text.split())
    shown = line if len(line) <= SAID_CHARACTERS else line[: SAID_CHARACTERS - 1] + "…"
    return f'"{shown}"'
