"""What a server is sent: frames and words interleaved as a model here is shown them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from vidqa.prompt.form import PromptForm
from vidqa.prompt.interleave import user_content
from vidqa.types import Segment

Content = list[dict[str, Any]]
"""The parts of one message."""

CONTROL = re.compile(
    r"<\|[^<>|\s]{1,40}\|>|</?(?:s|img|image|video|audio|think|pad|unk|bos|eos|"
    r"start_of_(?:turn|image)|end_of_(?:turn|image|utterance)|image_soft_token|global-img|"
    r"fake_token_around_image|row_\d+_col_\d+|img_context)>|\[/?(?:INST|IMG|IMG_BREAK|IMG_END)\]|"
    r"<</?SYS>>",
    re.IGNORECASE,
)
"""What models read as more than its letters: which of it one behind an address does, is not known
here."""


def neutralized(text: str, marks: Sequence[str] = ()) -> str:
    """Break up control tokens in text, so that it cannot change the prompt's structure.

    Args:
        text: from a clip or a person.
        marks: plain strings that the model reads as control tokens, too.

    """
    for mark in marks:
        text = text.replace(mark, f"{mark[:1]} {mark[1:]}")
    while (found := CONTROL.search(text)) is not None:  # breaking one may make another
        text = f"{text[: found.start() + 1]} {text[found.start() + 1 :]}"
    return text


def content_of(
    segments: Sequence[Segment], pictures: Sequence[str], question: str, form: PromptForm
) -> Content:
    """Return a clip and a question as the parts of a message, in reading order.

    Args:
        segments: each frame's time and words.
        pictures: a data URL a segment; none of a sound, of which only words are sent.
        question: holds no control tokens.
        form: the texts around them.

    """
    if not pictures:
        form = replace(form, frame="")
    shown = iter(pictures)
    return list(_merged(user_content(segments, question, form), shown))


def _merged(content: Sequence[dict[str, str]], pictures: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield parts with their pictures; texts that meet are one, as some servers part texts."""
    text = ""
    for one in content:
        if one["type"] == "text":
            text += one["text"]
            continue
        url = next(pictures, None)
        if url is None:
            continue
        if text:
            yield {"type": "text", "text": text}
        text = ""
        yield {"type": "image_url", "image_url": {"url": url}}
    if text:
        yield {"type": "text", "text": text}
