"""A summary for clips of which nothing can be told: it says so, and why."""

from dataclasses import replace

from vidqa.engine.summaries.summary import Summary, sentences
from vidqa.engine.watched_clip import WatchedClip
from vidqa.models.summary_form import SummaryForm


def or_nothing(summary: Summary, clip: WatchedClip, form: SummaryForm) -> Summary:
    """Return the same summary, or if it is empty, one that says why."""
    if any(text not in form.doubts for text, _ in sentences(summary.text)):
        return summary
    reasons = [_about_pictures(summary), _about_words(clip)]
    text = f"Nothing can be told of this clip: {' and '.join(filter(None, reasons))}."
    known = None if summary.sentences is None else ()
    return replace(summary, text=text, sentences=known, can_tell=False)


def _about_pictures(summary: Summary) -> str:
    if summary.text:
        return f"{summary.model} recognises nothing in its frames"
    if summary.guesses_left_out:
        return f"what {summary.model} said rested on nothing in it"
    return f"{summary.model} wrote nothing"


def _about_words(clip: WatchedClip) -> str:
    """Return why there are no words; empty if there are some."""
    if clip.words.source == "off":
        return "nobody listened"
    if clip.words.cues:
        return ""
    return "no words were found in it" if clip.info.has_audio else "it has no sound"
