"""A page of the wrong answers: contact sheets of their clips, and what the model was shown."""

import base64
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Any

from vidqa.errors import VidqaError
from vidqa.media.reader import Reader
from vidqa.tasks.evaluate.benchmarks.question import LETTERS, Question
from vidqa.tasks.evaluate.frame_folders import FrameFolders, frame_folders
from vidqa.tasks.preview.contact_sheet import ContactSheet
from vidqa.types import Frame, Segment
from vidqa.types.clock import clock

MOST = 200
"""Questions on a page: each clip's sheet takes some hundred kilobytes."""
WIDEST = 1400
"""Pixels of a sheet's width."""
QUALITY = 80
"""Of its JPEG."""
DECIDES = ("accuracy", "normalised", "exact")
"""Scores that say whether an answer is right, where no judge was asked."""
PASSABLE = 3.0
"""A graded answer is shown if one of its grades is less."""
STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:1400px;margin:2em auto;padding:0 1em}
img{max-width:100%;border:1px solid #ccc}table{border-collapse:collapse}
td,th{padding:.15em .8em .15em 0;text-align:left;vertical-align:top}
.right{color:#060;font-weight:600}.picked{color:#a00}.dim{color:#666}
section{margin:2.5em 0;border-top:1px solid #ddd}pre{white-space:pre-wrap;margin:.2em 0}
"""
View = tuple[str, tuple[float, ...]]
"""A clip and the times of its frames: questions about one view share a sheet."""


def is_wrong(scores: Mapping[str, float]) -> bool:
    """Return whether an answer is wrong: by a judge's yes or no, its grades, else by our score."""
    if "judge_accuracy" in scores:
        return scores["judge_accuracy"] < 1
    grades = [value for name, value in scores.items() if name.startswith("judge_")]
    if grades:
        return min(grades) < PASSABLE
    return next((scores[name] < 1 for name in DECIDES if name in scores), True)


def page(result: Mapping[str, Any], questions: Sequence[Question]) -> Iterator[str]:
    """Yield a page of HTML that needs no other file.

    Args:
        result: the JSON object of a result.
        questions: those that were asked, with their clips.

    """
    wrong = [one for one in result["questions"] if is_wrong(one.get("scores", {"accuracy": 1}))]
    shown = wrong[:MOST]
    title = f"{result['title']}: {result.get('model', '')}"
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
    yield f"<style>{STYLE}</style><h1>{escape(title)}</h1>"
    yield f"<p>{len(wrong)} of {result['counts']['answered']} answers are wrong"
    yield f"; the first {MOST} are here.</p>" if len(shown) < len(wrong) else ".</p>"
    if result["settings"].get("blank"):
        yield "<p>The model was shown grey pictures in place of these.</p>"
    yield from _scores(result)
    yield from _settings(result)
    clips = {one.id: one.clip for one in questions}
    views: dict[View, list[Mapping[str, Any]]] = {}
    for one in shown:
        views.setdefault((one["video"], tuple(one["frame_times_s"])), []).append(one)
    with frame_folders() as folders, closing(Reader()) as reader:
        draw = _drawer(reader, folders)
        for (video, times_s), some in views.items():
            yield f"<section><h2>{escape(video)}</h2>"
            yield _sheet(draw, clips[some[0]["id"]], times_s, some[0]["words"])
            for one in some:
                yield from _question(one)
            yield "</section>"
    yield "</html>\n"


def _scores(result: Mapping[str, Any]) -> Iterator[str]:
    yield "<table><tr><th>score<th>of<th>questions<th>mean<th>95 % interval</tr>"
    for one in result["scores"]:
        of = f"{one['category']}: {one['of']}" if one["category"] else one["of"]
        has_interval = one["low"] is not None
        between = f"{one['low']:.4f} to {one['high']:.4f}" if has_interval else "-"
        cells = (one["score"], of, str(one["questions"]), f"{one['mean']:.4f}", between)
        yield f"<tr>{''.join(f'<td>{escape(cell)}' for cell in cells)}</tr>"
    yield "</table>"


def _settings(result: Mapping[str, Any]) -> Iterator[str]:
    names = ("scorer", "model", "revision", "device", "dtype", "prompt_hash", "data_hash")
    known = {name: result[name] for name in names if name in result}
    yield "<details><summary>How it was made</summary><table>"
    for name, value in {**known, **result["versions"], **result["settings"]}.items():
        yield f"<tr><td>{escape(name)}<td>{escape(str(value))}</tr>"
    yield "</table></details>"


def _question(one: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h3>{escape(one['question'])}</h3><p class=dim>{escape(one['id'])}"
    yield "".join(f"; {escape(name)}: {escape(value)}" for name, value in _of(one)) + "</p>"
    if "second_question" in one:
        yield f"<p>{escape(one['second_question'])}</p>"
    picked = {letter for letter in one.get("picked", []) if letter}
    for letter, option in zip(LETTERS, one.get("options", []), strict=False):
        kind = "right" if letter == one["right"] else "picked" if letter in picked else ""
        yield f"<div class='{kind}'>{letter}. {escape(option)}</div>"
    if "options" not in one:
        yield f"<div class=right>{escape('; or: '.join(one['answers']))}</div>"
    for reply in one["replies"]:
        yield f"<pre>Answer: {escape(reply['text']) or '<i>nothing</i>'}</pre>"
    for said in one.get("verdicts", []):
        yield f"<pre class=dim>Judge, {escape(said['aspect'])}: {escape(said['raw'])}</pre>"
    told = ", ".join(f"{name} {value:g}" for name, value in one["scores"].items())
    yield f"<p class=dim>{escape(told)}</p>"


def _of(one: Mapping[str, Any]) -> list[tuple[str, str]]:
    return list(one.get("categories", {}).items())


def _nearest(time_s: float, times_s: Sequence[float], words: Sequence[str]) -> str:
    """Return the words beside the frame that was shown at a time."""
    return min(zip(times_s, words, strict=True), key=lambda one: abs(one[0] - time_s))[1]


Draw = Callable[[Path, Sequence[float], Sequence[str]], str]
"""Draws the frames of a clip; returns the picture as a data URL. Raises VidqaError."""


def _sheet(draw: Draw, clip: Path | None, times_s: Sequence[float], words: Sequence[str]) -> str:
    told = "".join(
        f"<tr><td>{clock(time_s, 3)}<td>{escape(text)}</tr>"
        for time_s, text in zip(times_s, words, strict=True)
        if text
    )
    said = f"<details><summary>Words</summary><table>{told}</table></details>" if told else ""
    if clip is None:
        return f"<p>The clip is not there any more.</p>{said}"
    try:
        return f"<img alt='frames of the clip' src='{draw(clip, times_s, words)}'>{said}"
    except VidqaError as error:
        return f"<p>{escape(error.message)}</p>{said}"


def _drawer(reader: Reader, folders: FrameFolders) -> Draw:
    def draw(clip: Path, times_s: Sequence[float], words: Sequence[str]) -> str:
        sheet, segments = ContactSheet(), []
        try:
            info = reader.probe(folders.as_file(clip))
            for frame in reader.frames(info, times_s):
                if isinstance(frame, Frame):
                    sheet.add(frame)
                    segments.append(Segment(frame.time_s, _nearest(frame.time_s, times_s, words)))
        finally:
            folders.forget(clip)
        picture = sheet.draw(segments)
        picture.thumbnail((WIDEST, WIDEST * 4))
        coded = io.BytesIO()
        picture.save(coded, "JPEG", quality=QUALITY)
        return f"data:image/jpeg;base64,{base64.b64encode(coded.getvalue()).decode('ascii')}"

    return draw
