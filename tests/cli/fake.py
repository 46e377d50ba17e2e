"""The program with a fake engine: everything above the engine is real.

python tests/cli/fake.py ask CLIP QUESTION ...
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from vidqa.errors import (
    ClipNotFoundError,
    NotAVideoError,
    NoVideoStreamError,
    UsageError,
    VideoError,
)
from vidqa.types import (
    UNSURE,
    Answer,
    Choice,
    Cue,
    Grounding,
    Maker,
    Notify,
    PromptSegment,
    PromptView,
    Segment,
    TextDelta,
    Words,
)
from vidqa.types.generation import GenerationSettings

PIECES = ["The video ", "shows **a cat**, ", "then a mug."]
BROKEN: dict[str, type[VideoError]] = {
    "missing.mp4": ClipNotFoundError,
    "text.mp4": NotAVideoError,
    "audio.mp4": NoVideoStreamError,
}


def print_nothing(stage: str) -> None:
    pass


class FakeTalk:
    def __init__(self, clip: "FakeClip") -> None:
        self.clip, self.turns = clip, list[SimpleNamespace]()

    def forget(self) -> None:
        self.turns.clear()

    def stream(self, question: str, generation: GenerationSettings) -> Iterator[TextDelta | Answer]:
        for event in self.clip.stream(question, generation, notify=print_nothing):
            if isinstance(event, Answer):
                event = replace(event, text=f"{event.text} {len(self.turns)} turns before.")
                self.turns.append(SimpleNamespace(question=question, answer=event))
            yield event


class FakeClip:
    decoder = "pyav"
    info = SimpleNamespace(duration_s=60.0)
    words = Words("speech", (Cue(0.25, 0.75, "hello [red]"),), detail="whisper-tiny.en")

    def __init__(self, video: str, text: list[str], warnings: tuple[str, ...]) -> None:
        self.video, self.text, self.warnings = video, text, warnings

    def stream(
        self,
        question: str,
        generation: GenerationSettings,
        *,
        notify: Notify = print_nothing,
        progress: Callable[[str], object] = print_nothing,
    ) -> Iterator[TextDelta | Answer]:
        if question == "too long?":
            raise UsageError("the question does not fit", hint="ask a shorter one")
        notify("prefill")
        notify("generate")
        for piece in self.text:
            yield TextDelta(piece)
            if question == "wait?":
                time.sleep(60)
        yield Answer(
            text="".join(self.text),
            question=question,
            video=self.video,
            fingerprint="v1:abc",
            model="starter",
            revision="0123456789ab",
            recipe="vidqa",
            device="cpu",
            dtype="float32",
            seed=None if generation.temperature == 0 else generation.seed,
            frame_times_s=(0.5, 1.5),
            duration_s=2.0,
            words_source="speech",
            words_used=7,
            words_dropped=1,
            visual_tokens=10,
            prompt_tokens=50,
            new_tokens=12,
            stopped_by="token_limit" if generation.max_new_tokens else "end",
            warnings=self.warnings,
            timings_s={"load": 1.0, "generate": 0.25},
        )

    def choose(self, question: str, choices: Any, **settings: Any) -> Answer:
        """The first choice is nine times as likely as the others, where the clip is named so."""
        likely = {"first": 0, "second": 1}.get(Path(self.video).stem, 0)
        ranked = [
            Choice(text, 1.0, 2, 0.75 if number == likely else 0.25 / (len(choices) - 1))
            for number, text in enumerate(choices)
        ]
        ranked.sort(key=lambda one: -one.probability)
        threshold = settings["threshold"]
        is_sure = threshold is None or ranked[0].probability >= threshold
        *_, answer = self.stream(question, GenerationSettings(), notify=print_nothing)
        assert isinstance(answer, Answer)
        text = ranked[0].text if is_sure else UNSURE
        return replace(
            answer, text=text, choices=tuple(ranked), is_sure=is_sure, stopped_by="chosen"
        )

    def converse(self, progress: object = None) -> FakeTalk:
        return FakeTalk(self)

    @property
    def segments(self) -> list[Segment]:
        return [Segment(0.5, "hello [red]"), Segment(1.5, "")]

    def grounded(self, answer: Answer) -> Answer:
        verdict = "guess" if Path(self.video).stem == "guess" else "seen"
        return replace(answer, grounding=Grounding(verdict, 9.5, -0.25, 9.75))

    def is_asked_in_windows(self, windows: int | str = "auto") -> bool:
        return False

    def prompt(self, question: str, *, windows: int | str = "auto") -> PromptView:
        segments = (PromptSegment(0.5, "hello [red]", 5, 2), PromptSegment(1.5, "", 5, 0))
        return PromptView(segments, f"<image>hello<image>{question}", 50)


class FakeModel:
    maker = Maker("starter", "0123456789ab", "cpu", "float32")

    def __init__(self, text: list[str], warnings: tuple[str, ...]) -> None:
        self.text, self.warnings = text, warnings
        self.timings_s = {"load": 1.0}

    def require_scoring(self) -> None:
        pass

    def require_thinking(self) -> None:
        pass

    def watch(self, video: str, **settings: Any) -> FakeClip:
        settings["notify"]("decode")
        for name, kind in BROKEN.items():
            if Path(video).name == name:
                raise kind(f"{video!r} cannot be watched", hint="ffprobe it")
        return FakeClip(video, self.text, self.warnings)

    def fetch(self, path: Path, viewing: Any) -> None:
        pass

    def watched(self, name: str, fetch: None, viewing: Any, *, notify: Any) -> FakeClip:
        span = (viewing.start_s, viewing.end_s)
        return self.watch(name, start_s=span[0], end_s=span[1], notify=notify)

    def watch_all(
        self, views: Any, *, in_order: bool, notify: Any, place: Any
    ) -> Iterator[tuple[str, FakeClip | VideoError]]:
        for video, _ in views:
            try:
                watched: FakeClip | VideoError = self.watch(video, notify=notify)
            except VideoError as error:
                watched = error
            yield video, watched


def install(text: list[str] | None = None, warnings: tuple[str, ...] = ()) -> None:
    """Put the fake where the engine is, for this process."""
    model = FakeModel(text or PIECES, warnings)
    from vidqa import engine
    from vidqa.cli.session import ModelSession

    engine.load = lambda *_, **__: model  # type: ignore[assignment, return-value]
    engine.identify = lambda *_, **__: model.maker

    def check(self: ModelSession, clips: tuple[str, ...]) -> None:
        self.model, self.store = SimpleNamespace(), SimpleNamespace()  # type: ignore[assignment]

    ModelSession.check = check  # type: ignore[method-assign]


if __name__ == "__main__":
    install()
    from vidqa.cli.app import main

    main()
