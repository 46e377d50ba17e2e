"""Ask every question about every clip."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vidqa.cli.exit_codes import ExitCode, exit_code
from vidqa.cli.request import Request
from vidqa.cli.show import AnswerView, choose_view
from vidqa.cli.tell import Teller
from vidqa.cli.watcher import Watcher, WatchOptions
from vidqa.errors import VidqaError
from vidqa.types import Answer, Notify, Stage, TextDelta

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """How to watch, answer and show."""

    watch: WatchOptions
    max_new_tokens: int | None
    temperature: float
    top_p: float
    seed: int
    choices: tuple[str, ...]
    threshold: float | None
    grounding: bool
    as_json: bool
    timings: bool
    show_prompt: bool


@dataclass(slots=True)
class AskRun:
    """One command's work: the model is loaded once, each clip watched once."""

    request: Request
    options: AskOptions
    teller: Teller
    view: AnswerView = field(init=False)
    watcher: Watcher = field(init=False)
    failures: list[VidqaError] = field(default_factory=list)
    verdict: ExitCode = ExitCode.ANSWERED

    def __post_init__(self) -> None:
        options = self.options
        self.watcher = Watcher(options.watch, self.teller)
        self.view = choose_view(self.request, as_json=options.as_json, timings=options.timings)

    def run(self) -> ExitCode:
        """Answer all there is to answer; one bad clip does not stop the others."""
        with self.teller.stages(), closing(self.view):
            try:
                self.watcher.check(self.request.clips)
                model = self.watcher.load()
            except VidqaError as error:
                self.teller.pause()
                for video in self.request.clips:
                    self._show_failure(video, self.request.questions, error)
                raise
            for video in self.request.clips:
                self._ask_clip(model, video)
        if not self.failures:
            return self.verdict
        if len(self.request.clips) == 1:
            return exit_code(self.failures[0])
        return ExitCode.SOME_CLIPS_FAILED

    def _ask_clip(self, model: "Model", video: str) -> None:
        try:
            clip = self.watcher.watch(model, video)
        except VidqaError as error:
            self._fail(video, self.request.questions, error)
            return
        for question in self.request.questions:
            try:
                self._ask_question(clip, video, question)
            except VidqaError as error:
                self._fail(video, (question,), error)

    def _ask_question(self, clip: "Clip", video: str, question: str) -> None:
        options = self.options
        if options.show_prompt:
            self.teller.prompt(clip.prompt(question))

        def notify(stage: Stage) -> None:
            self.teller.stage(stage)
            if stage == "generate":
                self.view.begin(video, question)

        for event in self._events(clip, question, notify):
            if isinstance(event, TextDelta):
                self.view.piece(event)
                continue
            answer = clip.grounded(event) if options.grounding else event
            self.view.whole(answer)
            self.teller.coverage(
                answer,
                decoder=clip.decoder,
                detail=clip.words.detail,
                timings=options.timings,
                about=self._title(video),
            )
            self._judge(answer)

    def _events(self, clip: "Clip", question: str, notify: Notify) -> Iterator[TextDelta | Answer]:
        """What comes of a question: a free answer piece by piece, or one of the choices."""
        options = self.options
        if options.choices:
            answer = clip.choose(
                question, options.choices, threshold=options.threshold, notify=notify
            )
            notify("generate")
            yield TextDelta(answer.text)
            yield answer
            return
        yield from clip.stream(
            question,
            max_new_tokens=options.max_new_tokens,
            temperature=options.temperature,
            top_p=options.top_p,
            seed=options.seed,
            notify=notify,
        )

    def _judge(self, answer: Answer) -> None:
        """Let the exit status say whether the first choice won everywhere."""
        if not self.options.choices or self.verdict == ExitCode.NO:
            return
        if not answer.is_sure:
            self.verdict = ExitCode.UNSURE
        elif answer.text != self.options.choices[0]:
            self.verdict = ExitCode.NO

    def _fail(self, video: str, questions: tuple[str, ...], error: VidqaError) -> None:
        """One clip or question has no answer; the others may have one."""
        self.failures.append(error)
        self.view.close()
        self.teller.error(error, about=self._title(video))
        self._show_failure(video, questions, error)

    def _show_failure(self, video: str, questions: tuple[str, ...], error: VidqaError) -> None:
        for question in questions:
            self.view.failed(video, question, error)

    def _title(self, video: str) -> str | None:
        """With one clip there is no doubt which one is meant."""
        return video if len(self.request.clips) > 1 else None
