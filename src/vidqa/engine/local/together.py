"""Answer one question about several clips, with one forward pass per token if memory allows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from torch import Tensor

from vidqa.engine.answer.generate import Writing, checked_sampling
from vidqa.engine.local.local_clip import LocalClip
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import NotEnoughMemoryError, UsageError, VidqaError
from vidqa.network.inference.decode import Context, decode
from vidqa.network.inference.decode_together import can_join, decode_together, joined_bytes
from vidqa.network.inference.prompt_ids import PromptIds
from vidqa.network.inference.token_sampling import AnswerPenalty, Sampling, TokenChooser
from vidqa.system.memory import free_memory_bytes
from vidqa.types import Answer, Notify
from vidqa.types.generation import GenerationSettings
from vidqa.types.options import with_options

ALONE = "answered alone: this model's memory of what it read cannot be put side by side"


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before decoding: its prompt is prefilled."""

    clip: LocalClip
    question: str
    prompt: PromptIds
    writing: Writing
    logits: Tensor
    """(1, V) after the prompt."""
    context: Context
    timer: StageTimer
    notify: Notify | None

    def answer(self, sampling: Sampling, batch: int) -> Answer:
        """Return the answer that was written."""
        written = self.clip.answered(self.question, self.prompt, self.writing, sampling, self.timer)
        warnings = (*written.warnings, *([] if can_join(self.context) else [ALONE]))
        return replace(written, batch=batch, warnings=warnings)


def answer_together(
    clips: Sequence[LocalClip],
    question: str,
    generation: GenerationSettings | None = None,
    *,
    notify: Notify | None = None,
    **given: Any,
) -> list[Answer | VidqaError]:
    """Answer one question about each of several clips, watched by one model.

    Args:
        clips: at least one.
        question: plain text.
        generation: how each is written.
        notify: called when the stages prefill and generate begin.
        **given: as in `Clip.stream`.

    Returns:
        For each clip the answer, or why there is none. `Answer.batch` is the number written in one
        forward pass.

    Raises:
        UsageError: a setting is out of range, or a schema or a thought is asked for.

    """
    how = with_options(GenerationSettings, generation, given)
    if how.schema is not None:
        raise UsageError("answers that fit a schema are written one by one")
    if how.think is not None:
        raise UsageError("answers that are thought about are written one by one")
    sampling = checked_sampling(how.temperature, how.top_p, how.seed)
    most = how.max_new_tokens
    draft = partial(_draft, question=question, max_new_tokens=most, notify=notify)
    return _answers(clips, draft, sampling)


def _answers(
    clips: Sequence[LocalClip], draft: Callable[[LocalClip], Draft], sampling: Sampling
) -> list[Answer | VidqaError]:
    """Answer all at once, or if memory runs out, one half after the other."""
    try:
        return _at_once(clips, draft, sampling)
    except NotEnoughMemoryError as error:
        if len(clips) == 1:
            return [error]
    half = len(clips) // 2  # out here, where the error no longer holds tensors
    return [
        *_answers(clips[:half], draft, sampling),
        *_answers(clips[half:], draft, sampling),
    ]


def _at_once(
    clips: Sequence[LocalClip], draft: Callable[[LocalClip], Draft], sampling: Sampling
) -> list[Answer | VidqaError]:
    results: dict[int, Answer | VidqaError] = {}
    drafts: dict[int, Draft] = {}
    for number, clip in enumerate(clips):
        try:
            drafts[number] = draft(clip)
        except NotEnoughMemoryError:
            raise
        except VidqaError as error:
            results[number] = error
    for group in _groups(drafts):
        _write([drafts[number] for number in group], sampling)
        results |= {one: drafts[one].answer(sampling, len(group)) for one in group}
    return [results[number] for number in range(len(clips))]


def _draft(
    clip: LocalClip, question: str, max_new_tokens: int | None, notify: Notify | None
) -> Draft:
    timer = StageTimer(notify, clip.timings_s)
    prompt = clip.prompt_ids(question)
    writing = clip.writing(prompt, max_new_tokens)
    with clip.model.memory.errors(clip.model.name), timer.stage("prefill"):
        logits, context = clip.video_prefix.begin(prompt)
    return Draft(clip, question, prompt, writing, logits, context, timer, notify)


def _groups(drafts: dict[int, Draft]) -> Iterator[list[int]]:
    """Yield the keys of drafts to be written together: as many as fit memory side by side."""
    group: list[int] = []
    for number, draft in drafts.items():
        if not can_join(draft.context):
            yield [number]
            continue
        wider = [drafts[one].context for one in (*group, number)]
        if group and joined_bytes(wider) > free_memory_bytes(draft.clip.model.device):
            yield group
            group = []
        group.append(number)
    if group:
        yield group


def _write(drafts: Sequence[Draft], sampling: Sampling) -> None:
    model, watch = drafts[0].clip.model, StageTimer(drafts[0].notify)
    with model.memory.errors(model.name), watch.stage("generate"):
        if len(drafts) == 1:
            _write_alone(drafts[0], sampling)
        else:
            _write_side_by_side(drafts, sampling)
    for draft in drafts:
        draft.writing.finish()
        draft.timer.seconds |= watch.seconds


def _write_alone(draft: Draft, sampling: Sampling) -> None:
    loaded = draft.clip.model.loaded
    chooser = TokenChooser(sampling, AnswerPenalty.of(loaded))
    for token in decode(loaded.network, draft.logits, draft.context, chooser):
        draft.writing.take(token)
        if draft.writing.is_over:
            return


def _write_side_by_side(drafts: Sequence[Draft], sampling: Sampling) -> None:
    loaded = drafts[0].clip.model.loaded

    def take(row: int, token: int) -> bool:
        writing = drafts[row].writing
        writing.take(token)
        return not writing.is_over

    decode_together(
        loaded.network,
        [draft.logits for draft in drafts],
        [draft.context for draft in drafts],
        [TokenChooser(sampling, AnswerPenalty.of(loaded)) for _ in drafts],
        take,
    )
