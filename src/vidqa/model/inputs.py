"""From a conversation in the model's own template to ids and visual tokens.

The template is rendered once around a mark that stands for the question. What comes before the
mark is the video's prefix, the same for every question; what comes after it closes the turn.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import ProcessorMixin

from vidqa.errors import ModelUnsupportedError
from vidqa.footprint import TOWER_BATCH_IMAGES
from vidqa.model.loading import Loaded
from vidqa.model.visual import VisualForm, visual_tokens

QUESTION_MARK = "\ue000question\ue000"
"""Stands for the question while the template is rendered (Unicode private use area)."""

ANSWER_MARK = "\ue000answer\ue000"
"""Stands for an earlier answer, likewise."""

FRAMES_AT_ONCE = TOWER_BATCH_IMAGES
"""Frames preprocessed and encoded together: bounds the memory, whatever number is asked for."""

GRIDS = "image_grid_thw"
"""What some processors say of each picture: its patches along time, height and width."""

GREY = 127
"""The level of frames that show nothing."""

NOT_PICTURES = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")
"""What a processor returns that is about the text."""


class Turn:
    """The user's turn as text, split where the question goes."""

    def __init__(
        self,
        processor: ProcessorMixin,
        content: Callable[[str], list[dict[str, str]]],
        *,
        template: str | None = None,
        template_kwargs: Mapping[str, object] | None = None,
    ) -> None:
        """Render what `content` makes of a question in a template, the model's own if None."""
        messages: Any = [{"role": "user", "content": content(QUESTION_MARK)}]
        told: dict[str, Any] = dict(template_kwargs or {})
        rendered = processor.apply_chat_template(
            messages,
            chat_template=template,
            tokenize=False,
            add_generation_prompt=True,
            **told,
        )
        before, mark, after = rendered.partition(QUESTION_MARK)
        assert mark, "the chat template left the question out"
        self.prefix_text: str = before
        """Everything up to the question; one placeholder an image."""
        self.suffix_text: str = after
        """What closes the turn and opens the answer."""


def between_turns(
    processor: ProcessorMixin, template_kwargs: Mapping[str, object] | None = None
) -> str:
    """What the model's own template puts between an answer and the next question.

    Raises:
        ModelUnsupportedError: it knows no second question.

    """
    messages: Any = [
        {"role": role, "content": [{"type": "text", "text": text}]}
        for role, text in (("user", "-"), ("assistant", ANSWER_MARK), ("user", QUESTION_MARK))
    ]
    told: dict[str, Any] = dict(template_kwargs or {})
    rendered = processor.apply_chat_template(messages, tokenize=False, **told)
    _, answered, rest = rendered.partition(ANSWER_MARK)
    between, asked, _ = rest.partition(QUESTION_MARK)
    if not (answered and asked):
        raise ModelUnsupportedError("the model's chat template knows one question, no conversation")
    return str(between)


def require_template(processor: ProcessorMixin, folder: Path) -> None:
    """Refuse a model whose template would lose a clip's order in silence.

    Raises:
        ModelUnsupportedError: it has no chat template; or one that leaves the question out, or does
            not keep frames and words as they come.

    """
    content = [{"type": "image"}, {"type": "text", "text": ANSWER_MARK}] * 2
    messages: Any = [
        {"role": "user", "content": [*content, {"type": "text", "text": QUESTION_MARK}]}
    ]
    try:
        rendered = str(processor.apply_chat_template(messages, tokenize=False))
    except Exception as error:  # a template is a program
        raise ModelUnsupportedError(
            f"the model in {folder} has no chat template that can be used: {error}"
        ) from error
    image = str(cast(Any, processor).image_token)
    marks = [image, ANSWER_MARK, QUESTION_MARK]
    found = re.findall("|".join(map(re.escape, marks)), rendered)
    if found != [image, ANSWER_MARK, image, ANSWER_MARK, QUESTION_MARK]:
        raise ModelUnsupportedError(
            f"the chat template of the model in {folder} does not keep frames and words in order"
        )


@dataclass(frozen=True, slots=True)
class Pictures:
    """A clip's prefix: its ids and its encoded frames."""

    input_ids: Tensor
    """(1, T), N placeholders among them."""
    visual_tokens: Tensor
    """(N, (1 + L) D), projected into the decoder's width, in reading order."""
    form: VisualForm = field(default_factory=VisualForm)
    """How the family takes them."""
    grids: Tensor | None = None
    """(images, 3), patches along time, height and width, in families that count so."""

    def last(self, tokens: int, *, image_token_id: int) -> "Pictures":
        """Only the last so many tokens of the prefix; the first image left may be cut."""
        dropped = self.input_ids[:, : max(0, self.input_ids.shape[1] - tokens)]
        gone = int((dropped == image_token_id).sum())
        ids = self.input_ids[:, dropped.shape[1] :]
        return replace(self, input_ids=ids, visual_tokens=self.visual_tokens[gone:])


@dataclass(frozen=True, slots=True)
class PromptIds:
    """One question behind a prefix."""

    question_ids: Tensor
    """(1, T): the question and what closes the turn."""
    tokens: int
    """Of the whole prompt, as far as it is read."""
    text: str
    """The whole prompt as the template rendered it."""
    cut: int = 0
    """Tokens at the beginning that are not read."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of it is not read."""
        if not self.cut:
            return ()
        return (f"the first {self.cut} tokens of the prompt were cut off, as the authors do",)


class FrameEncoder:
    """Runs frames through tower and projector while others are still being read."""

    def __init__(
        self,
        loaded: Loaded,
        image_kwargs: Mapping[str, object],
        *,
        processor_kwargs: Mapping[str, object] | None = None,
        keep_places: bool = False,
    ) -> None:
        """Prepare for the frames of one clip.

        Args:
            loaded: network and processor.
            image_kwargs: handed to the image processor.
            processor_kwargs: handed to the processor around it.
            keep_places: keep what the tower says before it is projected, for training.

        """
        self._loaded = loaded
        self._image_kwargs = image_kwargs
        self._processor_kwargs = processor_kwargs or {}
        self._keep_places = keep_places
        self._places: list[Tensor] = []
        self._waiting: list[NDArray[np.uint8]] = []
        self._tokens: list[Tensor] = []
        self._placeholders: list[Tensor] = []
        self._grids: list[Tensor] = []
        self._form = VisualForm()
        self._shape: tuple[int, ...] | None = None

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """All that is known of the frames, on the CPU: F of them; and the form of their tokens."""
        assert not self._waiting, "flush first"
        tensors = {
            "visual_tokens": torch.stack(self._tokens).cpu(),  # (F, N/F, (1 + L) D)
            "placeholders": torch.stack(self._placeholders),  # (F, T)
        }
        if self._grids:
            tensors["grids"] = torch.stack(self._grids)  # (F, 3)
        return tensors, {"form": asdict(self._form), "shape": self._shape}

    def restore(self, tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> None:
        """Take the frames of a `state` instead of encoding them again."""
        device = self._loaded.network.device
        self._tokens = list(tensors["visual_tokens"].to(device))
        self._placeholders = list(tensors["placeholders"])
        self._grids = list(tensors.get("grids", ()))
        self._form = VisualForm(**told["form"])
        self._shape = tuple(told["shape"])

    def blanked(self) -> "FrameEncoder":
        """As many frames of the same size, all grey; one of them is encoded."""
        count, blank = len(self._tokens), self._alike()
        assert self._shape is not None, "frames came before"
        blank.push(grey(self._shape))
        blank.flush()
        blank._tokens *= count
        blank._placeholders *= count
        blank._grids *= count
        return blank

    def _alike(self) -> "FrameEncoder":
        """One without frames."""
        return FrameEncoder(
            self._loaded, self._image_kwargs, processor_kwargs=self._processor_kwargs
        )

    def push(self, pixels: NDArray[np.uint8]) -> None:
        """Take one more frame, (height, width, 3); all of a clip have one shape."""
        self._shape = pixels.shape
        self._waiting.append(pixels)
        if len(self._waiting) == FRAMES_AT_ONCE:
            self._encode()

    def flush(self) -> None:
        """Encode what is left; there are no more frames."""
        if self._waiting:
            self._encode()

    def tokens_of(self, prefix_text: str, shown: Sequence[int]) -> int:
        """How long a prefix would be; see `place`."""
        return len(self.ids(prefix_text, shown))

    def ids(self, prefix_text: str, shown: Sequence[int]) -> Tensor:
        """The ids of a prefix, (T,); see `place`."""
        return torch.cat(self._pieces(prefix_text, shown))

    def places(self, shown: Sequence[int]) -> Tensor:
        """What the tower says of frames, (F, P, D), where it was kept."""
        assert self._keep_places, "ask for it first"
        return torch.stack([self._places[index] for index in shown])

    def place(self, prefix_text: str, shown: Sequence[int]) -> Pictures:
        """Put frames into the prefix of a clip.

        Args:
            prefix_text: holds one placeholder a frame shown.
            shown: the numbers of those frames, counted as they were pushed.

        """
        ids = self.ids(prefix_text, shown)  # (T,)
        tokens = torch.cat([self._tokens[index] for index in shown])  # (N, D)
        grids = torch.stack([self._grids[index] for index in shown]) if self._grids else None
        return Pictures(ids[None].to(self._loaded.network.device), tokens, self._form, grids)

    def _pieces(self, prefix_text: str, shown: Sequence[int]) -> list[Tensor]:
        """The ids between the frames, and those that stand for each frame."""
        assert not self._waiting, "flush first"
        tokenizer, mark = self._loaded.tokenizer, self._loaded.image_mark
        first, *texts = prefix_text.split(mark)
        pieces = [_ids(tokenizer, first)]
        for index, text in zip(shown, texts, strict=True):
            pieces += [self._placeholders[index], _ids(tokenizer, text)]
        return pieces

    @torch.inference_mode()
    def _encode(self) -> None:
        """Encode the waiting frames at once; the processor says what stands for them in the text.

        Frames of one shape get the same number of placeholders, so they can be told apart.
        """
        frames, self._waiting = self._waiting, []
        loaded, network = self._loaded, cast(Any, self._loaded.network)
        inputs = preprocess(
            loaded.processor, frames, images_kwargs=self._image_kwargs, **self._processor_kwargs
        )
        pixels = {
            name: value.to(network.device)
            for name, value in inputs.items()
            if name not in NOT_PICTURES
        }
        encoded = network.get_image_features(**pixels)
        if self._keep_places:
            self._places += encoded.last_hidden_state.unbind(0)
        tokens, self._form = visual_tokens(encoded)  # (N, (1 + L) D)
        assert len(tokens) % len(frames) == 0, "as many visual tokens for every frame"
        self._tokens += tokens.chunk(len(frames))
        placeholders: Tensor = inputs["input_ids"][0]  # (T,)
        assert len(placeholders) % len(frames) == 0, "as many placeholders for every frame"
        self._placeholders += placeholders.chunk(len(frames))
        self._grids += inputs.get(GRIDS, placeholders.new_empty(0, 3)).unbind(0)


def grey(shape: Sequence[int]) -> NDArray[np.uint8]:
    """A frame (height, width, 3) that shows nothing."""
    return np.full(tuple(shape), GREY, dtype=np.uint8)


def preprocess(
    processor: ProcessorMixin,
    frames: Sequence[NDArray[np.uint8]],
    *,
    images_kwargs: Mapping[str, object],
    **kwargs: object,
) -> Mapping[str, Any]:
    """Frames (height, width, 3) and the ids that stand for them, one behind the other.

    Args:
        processor: of any family.
        frames: of one shape.
        images_kwargs: handed to the image processor.
        **kwargs: handed to the processor around it.

    """
    call: Any = processor
    inputs: Mapping[str, Any] = call(
        text=[call.image_token * len(frames)],
        images=[list(frames)],
        return_tensors="pt",
        text_kwargs={"add_special_tokens": False},
        images_kwargs={"input_data_format": "channels_last", **images_kwargs},
        **kwargs,
    )
    return inputs


def _ids(tokenizer: Any, text: str) -> Tensor:
    """The ids of a piece of text, (T,)."""
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids[0]
    return cast(Tensor, ids).long()


def tokenize_prompt(
    loaded: Loaded, turn: Turn, question: str, prefix_ids: Tensor, *, window: int | None = None
) -> PromptIds:
    """Tokenize a question and the close of the turn apart from the prefix, so that it stays.

    Args:
        loaded: has the tokenizer.
        turn: the text around the question.
        question: holds no control tokens.
        prefix_ids: (1, T) of the clip.
        window: of a longer prompt only so many last tokens are read.

    """
    tail = question + turn.suffix_text
    ids = loaded.tokenizer(tail, add_special_tokens=False, return_tensors="pt").input_ids
    length = prefix_ids.shape[1] + ids.shape[1]
    read = ids if window is None else ids[:, -window:]
    return PromptIds(
        question_ids=read.to(prefix_ids.device),
        tokens=length if window is None else min(length, window),
        text=turn.prefix_text + tail,
        cut=0 if window is None else max(0, length - window),
    )
