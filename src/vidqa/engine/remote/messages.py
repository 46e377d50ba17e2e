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
    r"<[|\uff5c][^<>\s]{1,60}[|\uff5c]>|</?(?:s|img|image|video|audio|think|pad|unk|bos|eos|"
    r"start_of_(?:turn|image)|end_of_(?:turn|image|utterance)|image_soft_token|global-img|"
    r"fake_token_around_image|row_\d+_col_\d+|img_context|tool_(?:call|response)|ref|box|quad|"
    r"slice|image_id|point|unit|unused\d+)>|\[/?(?:INST|IMG|IMG_BREAK|IMG_END|TOOL_CALLS|"
    r"AVAILABLE_TOOLS|TOOL_RESULTS|SYSTEM_PROMPT)\]|<</?SYS>>",
    re.IGNORECASE,
)
"""Control tokens of widely used models. Which of them a server's model has is not known here."""


def neutralized(text: str, marks: Sequence[str] = ()) -> str:
    """Break up control tokens in text, so that it cannot change the prompt's structure.

    Args:
        text: from a clip or a person.
        marks: plain strings that the model reads as control tokens, too.

    """
    for mark in marks:
        text = text.replace(mark, f"{mark[:1]} {mark[1:]}")
    broken = ""
    while broken != text:  # breaking one may make another
        broken, text = text, CONTROL.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
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
