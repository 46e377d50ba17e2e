"""Long clips for a tiny random model, and what is made up of its answers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tiny import spec
from vidqa.engine import Model, open_folder
from vidqa.engine.local.local_clip import LocalClip
from vidqa.models.summary_form import Quotes, SummaryForm
from vidqa.system.cache import Cache
from vidqa.types import Answer, Grounding, TextDelta

RATE = 5
LASTS_S = 120
SUBTITLES = """1
00:00:03,000 --> 00:00:06,000
The cat is called Chelsea.

2
00:00:51,000 --> 00:00:54,000
The dog speaks first.

3
00:01:52,000 --> 00:01:55,000
A mug is last.
"""
HEARD = Grounding("heard", 0.0, 9.0, 9.0)
GUESS = Grounding("guess", 0.0, 0.0, 0.0)
ALONE = SummaryForm(
    caption=("What is shown?",),
    joined={"medium": ("What?",)},
    quotes={"medium": Quotes(5)},
)
"""Of a model that makes no text of several windows."""


def load(folder: Path, cache: Path | None = None, form: SummaryForm | None = None) -> Model:
    """Four frames at a time: what lasts more than 40 seconds is long."""
    return open_folder(
        spec(frames=4, **({} if form is None else {"summaries": form})),
        folder,
        revision="test",
        device="cpu",
        dtype="float32",
        cache=None if cache is None else Cache(cache),
    )


def supported(monkeypatch: pytest.MonkeyPatch, is_so: Any) -> list[tuple[float, ...]]:
    """Let clips support sentences where `is_so`; returns which were asked: the times of frames."""
    asked = list[tuple[float, ...]]()

    def grounds(clip: LocalClip, question: str, texts: Sequence[str]) -> tuple[Grounding, ...]:
        asked.append(tuple(one.time_s for one in clip.segments))
        return tuple(HEARD if is_so(clip) else GUESS for _ in texts)

    monkeypatch.setattr(LocalClip, "grounds", grounds)
    return asked


def answers(monkeypatch: pytest.MonkeyPatch, text: str) -> list[LocalClip]:
    """Let every answer be a text; returns the clips that are asked."""
    asked, ask = list[LocalClip](), LocalClip.ask

    def answered(clip: LocalClip, *given: Any, **how: Any) -> Answer:
        asked.append(clip)
        return replace(ask(clip, *given, **how), text=text, stopped_by="end")

    monkeypatch.setattr(LocalClip, "ask", answered)
    return asked


def stream(clip: Any, question: str, **how: Any) -> Answer:
    *pieces, answer = clip.stream(question, **how)
    assert isinstance(answer, Answer)
    deltas = [one.text for one in pieces if isinstance(one, TextDelta)]
    assert "".join(deltas) == answer.text
    return answer


def without_timings(answer: Any) -> Answer:
    return replace(answer, timings_s={})


def words(clip: LocalClip) -> str:
    return " ".join(one.text for one in clip.segments if one.text)
