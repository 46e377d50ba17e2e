"""Load a model, watch a clip once, ask about it often: where pictures, words and model meet."""

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from vidqa import plan
from vidqa.errors import NotEnoughMemoryError, UsageError
from vidqa.media.fingerprint import fingerprint
from vidqa.media.frames import FrameSet, read_frames
from vidqa.media.probe import probe
from vidqa.media.sampling import uniform
from vidqa.media.transcribe import Recogniser
from vidqa.media.words import find_words
from vidqa.model.decoding import (
    Prefix,
    Sampling,
    TokenChooser,
    decode,
    prefill_prefix,
    prefill_question,
)
from vidqa.model.inputs import PromptIds, Turn, encode_frames, tokenize_prompt
from vidqa.model.loading import Loaded, load_folder
from vidqa.model.text import TextStream
from vidqa.prompt import FittedWords, align, fit_words, neutralize, user_content
from vidqa.registry import SPEECH, ModelSpec, find_model
from vidqa.types import (
    Answer,
    Cue,
    Notify,
    PromptSegment,
    PromptView,
    Segment,
    Stage,
    StoppedBy,
    TextDelta,
    VideoInfo,
    Words,
)
from vidqa.weights.locate import model_folder, model_revision, speech_folder
from vidqa.weights.store import Store

if TYPE_CHECKING:
    from vidqa.types import WordsSource

SPEECH_THREADS = 2
"""CTranslate2 and torch each bring their own thread pool; speech gets a small one."""

Subtitles = str | Path
"""`auto`, `off`, or the path of a subtitle file."""


def load(
    name: str = "starter",
    *,
    device: str = "auto",
    dtype: str = "auto",
    store: Store | None = None,
    notify: Notify | None = None,
) -> "Model":
    """Load a model from the cache; nothing is downloaded.

    Args:
        name: as in `vidqa models list`.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        dtype: `auto`, `float32`, `bfloat16` or `float16`.
        store: the cache to look in; the user's by default.
        notify: called when the stage `load` begins.

    Raises:
        ModelMissingError: not pulled yet.
        ModelDamagedError: a file is not what was verified.
        NotEnoughMemoryError: the device is too small.
        UsageError: no such model, device or dtype.

    """
    spec = find_model(name)
    store = store or Store()
    listener = None
    if spec.speech is not None:
        listener = Recogniser(speech_folder(SPEECH[spec.speech], store), threads=SPEECH_THREADS)
    return open_folder(
        spec,
        model_folder(spec, store),
        revision=model_revision(spec),
        device=device,
        dtype=dtype,
        recogniser=listener,
        notify=notify,
    )


def open_folder(
    spec: ModelSpec,
    folder: Path,
    *,
    revision: str,
    device: str = "auto",
    dtype: str = "auto",
    recogniser: Recogniser | None = None,
    notify: Notify | None = None,
) -> "Model":
    """Load a `save_pretrained` folder that the caller vouches for. See `load` for the rest."""
    watch = _Stopwatch(notify)
    with watch.stage("load"), _memory_errors(spec.name):
        chosen_device = plan.choose_device(device)
        chosen_dtype = plan.choose_dtype(dtype, chosen_device)
        plan.check_memory(spec.memory_bytes, chosen_device, spec.name)
        loaded = load_folder(folder, device=chosen_device, dtype=chosen_dtype)
    return Model(
        spec,
        loaded,
        revision=revision,
        device=chosen_device,
        dtype=chosen_dtype,
        recogniser=recogniser,
        load_s=watch.seconds["load"],
    )


class Model:
    """A loaded model: watch clips with it."""

    def __init__(
        self,
        spec: ModelSpec,
        loaded: Loaded,
        *,
        revision: str,
        device: str,
        dtype: str,
        recogniser: Recogniser | None,
        load_s: float,
    ) -> None:
        self.spec = spec
        self.loaded = loaded
        self.revision = revision
        self.device = device
        self.dtype = dtype
        self.recogniser = recogniser
        self.load_s = load_s

    @property
    def name(self) -> str:
        """As in `vidqa models list`."""
        return self.spec.name

    def watch(
        self,
        video: str | Path,
        *,
        frames: int | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
        subtitles: Subtitles = "auto",
        language: str | None = None,
        notify: Notify | None = None,
    ) -> "Clip":
        """Look at a clip and listen to it, once.

        Args:
            video: path of a video file.
            frames: how many frames to look at, evenly spread; the model's default if None.
            start_s: where to begin, in seconds.
            end_s: where to end, in seconds.
            subtitles: `auto` (sidecar file, else text track, else speech), `off`, or a file.
            language: of the speech, such as `en`; detected if None.
            notify: called when each of the stages decode, speech, vision and prefill begins.

        Raises:
            VideoError: the clip cannot be watched.
            UsageError: a setting makes no sense for this clip.

        """
        stopwatch = _Stopwatch(notify, {"load": self.load_s})
        path = Path(video)
        with stopwatch.stage("decode"):
            info = probe(path)
            window = _window(info, start_s, end_s)
            wanted = self.spec.frames if frames is None else frames
            if wanted < 1:
                raise UsageError(f"--frames must be at least 1, got {wanted}")
            shown = read_frames(info, uniform(*window, wanted))
            mark = fingerprint(path)
        with stopwatch.stage("speech"):
            words = self._words(info, window, subtitles=subtitles, language=language)
        seen = _Seen(str(video), info, mark, shown, words, wanted)
        with _memory_errors(self.name):
            return Clip(self, seen, stopwatch)

    def _words(
        self, info: VideoInfo, window: tuple[float, float], *, subtitles: Subtitles, language: str | None
    ) -> Words:
        """What is said within the window."""
        listen = None
        if self.recogniser is not None:
            listen = partial(self.recogniser.listen, start_s=window[0], end_s=window[1])
        words = find_words(info, subtitles=subtitles, language=language, listen=listen)
        inside = tuple(cue for cue in words.cues if _overlaps(cue, window))
        source: WordsSource = words.source if inside or words.source == "off" else "none"
        return Words(source, inside, words.detail, words.warnings)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What came out of a file, before the model saw it."""

    video: str
    info: VideoInfo
    fingerprint: str
    shown: FrameSet
    words: Words
    frames_wanted: int


class Clip:
    """A watched clip: ask it anything, any number of times."""

    def __init__(self, model: Model, seen: _Seen, stopwatch: "_Stopwatch") -> None:
        self.model = model
        self.info = seen.info
        self.words = seen.words
        self.fingerprint = seen.fingerprint
        self.decoder = seen.shown.decoder
        self._video = seen.video
        self._fitted = _fitted_words(seen, model)
        self.warnings = _warnings(seen, self._fitted)
        self._turn = Turn(model.loaded.processor, self._content)
        with stopwatch.stage("vision"):
            self._pictures = encode_frames(
                model.loaded,
                self._turn.prefix_text,
                [frame.pixels for frame in seen.shown.frames],
                model.spec.image_kwargs,
            )
        with stopwatch.stage("prefill"):
            self._prefix: Prefix = prefill_prefix(
                model.loaded.network, self._pictures.input_ids, self._pictures.visual_tokens
            )
        self._seconds = dict(stopwatch.seconds)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Each frame's time and the words shown to the model with it."""
        return self._fitted.segments

    def ask(
        self,
        question: str,
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        notify: Notify | None = None,
    ) -> Answer:
        """The whole answer at once. See `stream`."""
        events = self.stream(
            question,
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_p=top_p,
            seed=seed,
            notify=notify,
        )
        answer = None
        for event in events:
            answer = event
        assert isinstance(answer, Answer), "a stream ends with its answer"
        return answer

    def stream(
        self,
        question: str,
        *,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        notify: Notify | None = None,
    ) -> Iterator[TextDelta | Answer]:
        """Yield the answer piece by piece, then the whole of it with all that is known about it.

        Args:
            question: plain text; control tokens in it are only letters.
            max_new_tokens: the most tokens to write; the model's default if None.
            temperature: 0 takes the likeliest token always.
            top_p: draw only from the likeliest tokens of this joint probability.
            seed: of the draws.
            notify: called when the stages prefill and generate begin.

        Raises:
            UsageError: the question is empty, a setting is out of range, or it does not fit the
                model's context.

        """
        sampling = _sampling(temperature, top_p, seed)
        limit = self.model.spec.max_new_tokens if max_new_tokens is None else max_new_tokens
        if limit < 1:
            raise UsageError(f"--max-new-tokens must be at least 1, got {limit}")
        prompt = self._prompt_ids(question)
        room = self.model.loaded.context_tokens - prompt.tokens
        return self._answer(question, prompt, sampling, min(limit, room), cut=room < limit, notify=notify)

    def prompt(self, question: str) -> PromptView:
        """What the model sees when asked this: every frame's time, words and token counts."""
        prompt = self._prompt_ids(question)
        per_frame = len(self._pictures.visual_tokens) // len(self.segments)
        count = self.model.loaded.tokenizer
        segments = tuple(
            PromptSegment(
                segment.time_s,
                segment.text,
                visual_tokens=per_frame,
                text_tokens=len(count(segment.text, add_special_tokens=False).input_ids),
            )
            for segment in self.segments
        )
        return PromptView(segments, prompt.text, prompt.tokens)

    def _content(self, question: str) -> list[dict[str, str]]:
        return user_content(self.segments, question)

    def _prompt_ids(self, question: str) -> PromptIds:
        """The question behind the clip's prefix, checked for size."""
        if not question.strip():
            raise UsageError("the question is empty")
        harmless = neutralize(question, self.model.loaded.control_tokens)
        prompt = tokenize_prompt(self.model.loaded, self._turn, harmless, self._prefix.input_ids)
        if prompt.tokens >= self.model.loaded.context_tokens:
            raise UsageError(
                f"{prompt.tokens} prompt tokens do not fit {self.model.name}, which reads "
                f"{self.model.loaded.context_tokens}",
                hint="use fewer --frames or a shorter question",
            )
        return prompt

    def _answer(
        self,
        question: str,
        prompt: PromptIds,
        sampling: Sampling,
        limit: int,
        *,
        cut: bool,
        notify: Notify | None,
    ) -> Iterator[TextDelta | Answer]:
        """Prefill the question behind a copy of the prefix, then decode."""
        stopwatch = _Stopwatch(notify, self._seconds)
        loaded, chooser = self.model.loaded, TokenChooser(sampling)
        text, new_tokens = TextStream(loaded.tokenizer), 0
        stopped_by: StoppedBy = "context_full" if cut else "token_limit"
        with _memory_errors(self.model.name):
            with stopwatch.stage("prefill"):
                cache = copy.deepcopy(self._prefix.cache)
                logits = prefill_question(loaded.network, prompt.question_ids, cache)
            with stopwatch.stage("generate"):
                for token in decode(loaded.network, logits, cache, chooser):
                    new_tokens += 1
                    if token in loaded.stop_ids:
                        stopped_by = "end"
                        break
                    if piece := text.push(token):
                        yield TextDelta(piece)
                    if new_tokens == limit:
                        break
        if piece := text.finish():
            yield TextDelta(piece)
        yield Answer(
            text=text.text,
            question=question,
            video=self._video,
            fingerprint=self.fingerprint,
            model=self.model.name,
            revision=self.model.revision,
            device=self.model.device,
            dtype=self.model.dtype,
            seed=None if sampling.greedy else sampling.seed,
            frame_times_s=tuple(segment.time_s for segment in self.segments),
            duration_s=self.info.duration_s,
            words_source=self.words.source,
            words_used=self._fitted.used,
            words_dropped=self._fitted.dropped,
            visual_tokens=len(self._pictures.visual_tokens),
            prompt_tokens=prompt.tokens,
            new_tokens=new_tokens,
            stopped_by=stopped_by,
            warnings=self.warnings,
            timings_s=dict(stopwatch.seconds),
        )


class _Stopwatch:
    """Seconds spent in each stage, told to a listener as they begin."""

    def __init__(self, notify: Notify | None, seconds: dict[Stage, float] | None = None) -> None:
        self._notify: Callable[[Stage], object] = notify or (lambda _: None)
        self.seconds: dict[Stage, float] = dict(seconds or {})

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        self._notify(name)
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


@contextmanager
def _memory_errors(model: str) -> Iterator[None]:
    """Say plainly that memory ran out."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise NotEnoughMemoryError(
            f"{model} ran out of memory on the device", hint="use fewer --frames or --device cpu"
        ) from error


def _window(info: VideoInfo, start_s: float | None, end_s: float | None) -> tuple[float, float]:
    """The part of the clip to look at, checked against its length."""
    start = 0.0 if start_s is None else start_s
    end = info.duration_s if end_s is None else min(end_s, info.duration_s)
    if start < 0 or start >= info.duration_s > 0:
        raise UsageError(
            f"--start {start:g} lies outside the clip, which lasts {info.duration_s:.3f} s"
        )
    if end <= start and info.duration_s > 0:
        raise UsageError(f"--end {end:g} does not come after --start {start:g}")
    return start, max(start, end)


def _overlaps(cue: Cue, window: tuple[float, float]) -> bool:
    return cue.start_s < window[1] and cue.end_s > window[0]


def _fitted_words(seen: _Seen, model: Model) -> FittedWords:
    """The clip's words, made harmless, beside its frames and within the model's budget."""
    segments: Sequence[Segment] = align(
        [frame.time_s for frame in seen.shown.frames],
        [
            Cue(cue.start_s, cue.end_s, neutralize(cue.text, model.loaded.control_tokens))
            for cue in seen.words.cues
        ],
    )
    return fit_words(segments, model.spec.max_words)


def _warnings(seen: _Seen, fitted: FittedWords) -> tuple[str, ...]:
    """All that was left out or guessed."""
    warnings = [*seen.shown.warnings, *seen.words.warnings]
    if (shown := len(seen.shown.frames)) < seen.frames_wanted:
        warnings.append(f"{seen.frames_wanted} frames were asked for, only {shown} differ")
    if fitted.dropped:
        warnings.append(f"{fitted.dropped} of {fitted.used + fitted.dropped} words did not fit")
    return tuple(warnings)


def _sampling(temperature: float, top_p: float, seed: int) -> Sampling:
    try:
        return Sampling(temperature, top_p, seed)
    except ValueError as error:
        raise UsageError(str(error)) from error
