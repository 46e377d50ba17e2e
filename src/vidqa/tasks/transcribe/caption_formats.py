"""Format cues as SRT, WebVTT, plain lines or JSON objects, one cue at a time."""

import json
from dataclasses import replace
from typing import Literal, get_args

from vidqa.tasks.transcribe.readable import Readable
from vidqa.types import SCHEMA_VERSION, Cue, Word, Words, speaker_name
from vidqa.types.clock import clock

Format = Literal["txt", "srt", "vtt", "json"]
"""Caption format: `txt` has a line per cue, `json` an object per cue and a last one for all."""

TIMED = frozenset({"srt", "vtt"})
"""Caption formats that players read."""

FORMATS: tuple[Format, ...] = get_args(Format)

SHORTEST_S = 0.001
"""Seconds of the shortest cue: a cue without length is never shown, and WebVTT forbids it."""


class Captions:
    """The formatter of one clip's cues in one format."""

    def __init__(
        self,
        form: Format,
        video: str,
        *,
        titled: bool = False,
        clocked: bool = False,
        readable: Readable | None = None,
    ) -> None:
        """Choose the format and its options.

        Args:
            form: the format.
            video: the clip, as it was named.
            readable: the limits of cues in `srt` and `vtt`; unchanged if None.
            clocked: begin each line of `txt` with its time.
            titled: name the clip in each line of `txt`, for several clips in one text.

        """
        self._form = form
        self._video = video
        self._title = f"{' '.join(video.splitlines())}\t" if titled else ""
        self._readable = readable
        self._clocked = clocked
        self._count = 0

    def begin(self) -> str:
        """Return the text before the first cue."""
        return "WEBVTT\n\n" if self._form == "vtt" else ""

    def cue(self, cue: Cue) -> str:
        """Return the text of one cue, or of the cues it is split into."""
        if self._form in TIMED:
            cue = _named(cue) if self._form == "srt" else cue
            split = [cue] if self._readable is None else self._readable.split(cue)
            return "".join(map(self._timed, split))
        if self._form == "txt":
            time = f"{_stamp(cue.start_s)[:-4]}  " if self._clocked else ""
            return f"{self._title}{time}{cue.shown_text}\n"
        return _line(
            {
                "schema_version": SCHEMA_VERSION,
                "video": self._video,
                "start_s": round(cue.start_s, 3),
                "end_s": round(cue.end_s, 3),
                "text": cue.text,
                **({"on_screen": True} if cue.on_screen else {}),
                **({} if cue.speaker is None else {"speaker": cue.speaker}),
            }
        )

    def _timed(self, cue: Cue) -> str:
        """Format a cue for players."""
        self._count += 1
        end_s = max(cue.end_s, cue.start_s + SHORTEST_S)
        if self._form == "vtt":
            span = f"{_stamp(cue.start_s)} --> {_stamp(end_s)}"
            voice = "" if cue.speaker is None else f"<v {speaker_name(cue.speaker)}>"
            return f"{span}\n{voice}{_escaped(cue.text)}\n\n"
        span = f"{_stamp(cue.start_s)} --> {_stamp(end_s)}".replace(".", ",")
        return f"{self._count}\n{span}\n{cue.text.replace('-->', '->')}\n\n"

    def end(self, words: Words) -> str:
        """Return the text after the last cue."""
        if self._form != "json":
            return ""
        return _line(
            {
                "schema_version": SCHEMA_VERSION,
                "video": self._video,
                "words_source": words.source,
                "words_from": words.detail,
                "language": words.language,
                "cues": len(words.cues),
                "warnings": list(words.warnings),
            }
        )


def _named(cue: Cue) -> Cue:
    """Put the speaker before the words, for formats that know no speakers."""
    if cue.speaker is None:
        return cue
    name = Word(cue.start_s, cue.start_s, f"{speaker_name(cue.speaker)}:")
    words = tuple(one._replace(text=f" {one.text.lstrip()}") for one in cue.words[:1])
    words = (name, *words, *cue.words[1:]) if words else ()
    return replace(cue, text=cue.spoken_text, words=words, speaker=None)


def _escaped(text: str) -> str:
    """Escape text for WebVTT, which would read markup and entities in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(record: dict[str, object]) -> str:
    # ASCII: a file name that is not valid text, and any control character, is escaped
    return json.dumps(record) + "\n"


def _stamp(time_s: float) -> str:
    """Format a time as `01:02:03.450`."""
    return clock(time_s, 3, hours=True).zfill(len("01:02:03.450"))
