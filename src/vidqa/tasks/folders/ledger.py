"""Find what is already done in a run, by content and settings, never by file names alone."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidqa.tasks.folders.journal import Record
from vidqa.types import Marks

MADE_BY = ("model", "revision", "device", "dtype", "settings")
"""Keys of a record that identify how its answer was made."""
CONTENT = ("fingerprint", "subtitles_fingerprint")
"""Keys of a record that identify the content it is about."""
QUESTION = ("video", "question", "file", *MADE_BY)
"""Keys that two records of one question share; only files of a folder have `file`."""
NOT_FINAL = frozenset(
    {
        *("model_missing", "model_damaged", "model_unsupported", "download_failed", "offline"),
        *("no_space", "not_enough_memory", "engine_failed", "clip_unreachable"),
    }
)
"""Kinds of errors that do not depend on the clip: a retry may succeed."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One question about one clip."""

    video: str
    question: str


def find_done(
    records: Sequence[Record],
    errands: Sequence[Errand],
    how: Mapping[str, Any],
    mark: Callable[[str], Marks],
    glance: Callable[[str], Marks] | None = None,
) -> dict[Errand, Record]:
    """Return the records of questions that were answered or failed before, with these settings.

    A record belongs to a clip if it has the content of the clip and of its subtitles, and its name,
    or a name that no clip has now: then the clip was renamed. Of several records the last
    counts; failures for reasons outside the clip never count.

    Args:
        records: records of earlier runs.
        errands: the questions to answer.
        how: the values of the keys in `MADE_BY`.
        mark: returns the fingerprints of a clip.
        glance: returns those that are known at once, for clips that no record names: of many
            thousands elsewhere, most may not have been asked about yet.

    """
    made = _key(how, *MADE_BY)
    mine = [one for one in records if _key(one, *MADE_BY) == made and _is_final(one)]
    if not mine:
        return {}
    named = {record["video"] for record in mine}
    videos = dict.fromkeys(one.video for one in errands)
    marks = {video: (mark if video in named else glance or mark)(video) for video in videos}
    exact, renamed = dict[Any, Record](), dict[Any, list[Record]]()
    for record in mine:
        known = Marks(record.get("fingerprint"), record.get("subtitles_fingerprint"))
        key = known, record["question"]
        if record["video"] in marks:
            exact[record["video"], *key] = record
        elif known.fingerprint:
            renamed.setdefault(key, []).append(record)
    done = {}
    for one in errands:
        key = marks[one.video], one.question
        if (one.video, *key) in exact:
            done[one] = exact[one.video, *key]
        elif renamed.get(key):
            done[one] = renamed[key].pop()
    return done


def same_settings(record: Mapping[str, Any], making: Mapping[str, Any]) -> bool:
    """Return True if a record was made with these settings, whatever its content."""
    return _key(record, *MADE_BY) == _key(making, *MADE_BY)


def in_order(
    records: Sequence[Record], errands: Sequence[Errand], done: Mapping[Errand, Record]
) -> list[Record]:
    """Return the records of other runs unchanged, then one per errand, in the order of errands.

    Of a question that failed and was retried, only the last record stays.
    """
    last = [done[one] for one in errands if one in done]
    shown = {id(record) for record in last}
    return [*(one for one in without_retried(records, last) if id(one) not in shown), *last]


def without_retried(records: Sequence[Record], last: Sequence[Record]) -> list[Record]:
    """Return records without those that a record in `last`, of the same question, replaces.

    These are failures that were retried, and answers that were repeated for the same content.
    """
    shown = {id(record) for record in last}
    failures = {_key(record, *QUESTION) for record in last}
    anew = {_key(record, *QUESTION, *CONTENT) for record in last}
    return [
        record
        for record in records
        if id(record) in shown
        or (
            _key(record, *QUESTION, *CONTENT) not in anew
            and not ("error" in record and _key(record, *QUESTION) in failures)
        )
    ]


def _is_final(record: Record) -> bool:
    return "error" not in record or record["error"]["kind"] not in NOT_FINAL


def _key(record: Mapping[str, Any], *names: str) -> str:
    return json.dumps([record.get(name) for name in names], sort_keys=True)
