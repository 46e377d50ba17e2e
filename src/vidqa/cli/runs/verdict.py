"""Derive the exit status of a run from its records, whether old or new."""

from collections.abc import Mapping, Sequence
from typing import Any

from vidqa.cli.parse import Request
from vidqa.types.exit_codes import ExitCode


def verdict(
    records: Sequence[Mapping[str, Any]], request: Request, choices: Sequence[str] = ()
) -> ExitCode:
    """Return the status: failures first; then whether there is evidence for every answer, or, with
    choices, whether the first won everywhere."""
    failures = [record for record in records if "error" in record]
    if failures:
        if len(request.clips) == 1 and not request.is_run:
            return ExitCode(failures[0]["error"]["code"])
        return ExitCode.SOME_CLIPS_FAILED
    if not choices:
        is_bare = any(_is_unsupported(record) for record in records)
        return ExitCode.NO_EVIDENCE if is_bare else ExitCode.ANSWERED
    statuses = {_chosen(record, choices) for record in records}
    if ExitCode.NO in statuses:
        return ExitCode.NO
    return ExitCode.UNSURE if ExitCode.UNSURE in statuses else ExitCode.ANSWERED


def _is_unsupported(record: Mapping[str, Any]) -> bool:
    claims = record.get("claims")
    return claims is not None and not any(claim["spans"] for claim in claims)


def _chosen(record: Mapping[str, Any], choices: Sequence[str]) -> ExitCode:
    if not record["is_sure"]:
        return ExitCode.UNSURE
    return ExitCode.ANSWERED if record["answer"] == choices[0] else ExitCode.NO
