"""What of a run is done already: known by content and settings, never by file names alone."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidqa.tasks.folders.journal import Record
from vidqa.types import Marks

MADE_BY = ("model", "revision", "device", "dtype", "settings")
"""Keys of a record that say how its answer was made."""
CONTENT = ("fingerprint", "subtitles_fingerprint")
"""Keys of a record that say of what."""
QUESTION = ("video", "question", "file", *MADE_BY)
"""Keys that two records of one question have in common; `file` is of a folder's files alone."""
NOT_FINAL = frozenset(
    {
        *("model_missing", "model_damaged", "model_unsupported", "download_failed", "offline"),
        *("no_space", "not_enough_memory"),
    }
)
"""Kinds of errors that no clip has to do with: another time may be better."""


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
) -> dict[Errand, Record]:
    """The records of questions that were answered, or failed, before with the same settings.

    A record is a clip's if it has the content of the clip and of its subtitles, and its name; or a
    name that is none of the clips' now: then the clip was renamed. Of several records the last
    counts, and none that failed for a reason that lies outside the clip.

    Args:
        records: of earlier runs.
        errands: what is to be answered.
        how: what `MADE_BY` names.
        mark: makes the fingerprints of a clip.

    """
    made = _key(how, *MADE_BY)
    mine = [one for one in records if _key(one, *MADE_BY) == made and _is_final(one)]
    if not mine:
        return {}
    marks = {video: mark(video) for video in dict.fromkeys(one.video for one in errands)}
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
    """Whether what a record tells of was made with these settings, of whatever content."""
    return _key(record, *MADE_BY) == _key(making, *MADE_BY)


def in_order(
    records: Sequence[Record], errands: Sequence[Errand], done: Mapping[Errand, Record]
) -> list[Record]:
    """Records of other runs first, as they are; then one an errand, in the order of the errands.

    What failed and was tried again leaves only its last record.
    """
    last = [done[one] for one in errands if one in done]
    shown = {id(record) for record in last}
    return [*(one for one in without_retried(records, last) if id(one) not in shown), *last]


def without_retried(records: Sequence[Record], last: Sequence[Record]) -> list[Record]:
    """Records as they are, but for those that others of the same question come `last` after.

    These are failures that were tried again, and answers that were made anew of the same content.
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
