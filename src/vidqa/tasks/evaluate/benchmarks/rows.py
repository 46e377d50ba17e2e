"""Rows of the files that benchmarks are published as: JSON, JSON lines, CSV and Parquet."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import UsageError
from vidqa.system.texts import from_json, read_lines, read_text

LONGEST = 1 << 24
"""Characters of a field of a table at most."""
TRAILING_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[\]}])')
"""A string, which stays as it is, or a comma that JSON does not allow."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, whose values are checked as they are taken."""

    values: Mapping[str, Any]
    place: str
    """Where it stands, for people."""

    def has(self, *names: str) -> bool:
        """Return whether it has a value for each of these."""
        return all(self.values.get(name) not in (None, "") for name in names)

    def text(self, *names: str) -> str:
        """Return the first of some fields that it has, as text. Raises UsageError."""
        for name in names:
            if self.has(name):
                value = self.values[name]
                if isinstance(value, float) and value.is_integer():
                    value = int(value)
                if not isinstance(value, str | int | float) or isinstance(value, bool):
                    raise self.wrong(f"{name} must be a text")
                if not (text := str(value).strip()):
                    raise self.wrong(f"{name} is empty")
                return text
        raise self.wrong(f"there is no {' or '.join(names)}")

    def number(self, name: str) -> int:
        """Return a field that holds a whole number. Raises UsageError."""
        try:
            return int(self.text(name))
        except ValueError as error:
            raise self.wrong(f"{name} must be a whole number") from error

    def seconds(self, name: str) -> float | None:
        """Return a field that holds seconds; None if it is empty or `nan`. Raises UsageError."""
        if not self.has(name):
            return None
        try:
            seconds = float(self.text(name))
        except ValueError as error:
            raise self.wrong(f"{name} must be a number of seconds") from error
        return max(0.0, seconds) if math.isfinite(seconds) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that holds a list of texts. Raises UsageError."""
        value = self.values.get(name)
        if not isinstance(value, list) or not value:
            raise self.wrong(f"{name} must be a list")
        return tuple(Row({name: one}, self.place).text(name) for one in value)

    def index(self, name: str, count: int) -> int:
        """Return a field that holds which of some options is right. Raises UsageError."""
        number = self.number(name)
        if not 0 <= number < count:
            raise self.wrong(f"{name} is {number}, and there are {count} options")
        return number

    def wrong(self, why: str) -> UsageError:
        """Return the error that says what is wrong here."""
        return UsageError(f"{self.place}: {why}")


def read_rows(file: Path) -> list[Row]:
    """Read the rows of a file, in the format that its name says.

    Raises:
        UsageError: it cannot be read, or holds no rows.

    """
    readers = {".jsonl": _json_lines, ".csv": _separated, ".tsv": _separated, ".parquet": _parquet}
    values = readers.get(file.suffix.lower(), _json_list)(file)
    try:
        rows = [
            Row(one, f"{file.name}, row {number}")
            for number, one in values
            if isinstance(one, dict)
        ]
    except csv.Error as error:
        raise UsageError(f"{file} is no table: {error}") from error
    if not rows:
        raise UsageError(f"{file} holds no questions")
    return rows


def read_mapping(file: Path) -> Mapping[str, Any]:
    """Read a JSON file that holds one object. Raises UsageError."""
    content = read_json(file)
    if not isinstance(content, dict):
        raise UsageError(f"{file} is no object")
    return content


def read_json(file: Path) -> Any:
    """Read a JSON file; commas before a closing bracket do no harm. Raises UsageError."""
    text = read_text(file)
    try:
        return from_json(TRAILING_COMMA.sub(lambda match: match[1] or "", text))
    except ValueError as error:
        raise UsageError(f"{file} is no JSON: {error}") from error


Numbered = Iterator[tuple[int, Any]]
"""Values, and the numbers by which people find them."""


def _json_list(file: Path) -> Numbered:
    content = read_json(file)
    if isinstance(content, Mapping):  # by question
        content = [{"key": key, **one} for key, one in content.items() if isinstance(one, dict)]
    if not isinstance(content, Sequence) or isinstance(content, str):
        raise UsageError(f"{file} is no list of questions")
    return iter(enumerate(content, 1))


def _json_lines(file: Path) -> Numbered:
    for number, line in enumerate(read_lines(file), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise UsageError(f"{file}, line {number}: {error}") from error


def _separated(file: Path) -> Numbered:
    """Read a table; some are separated by tabs in spite of their names."""
    csv.field_size_limit(LONGEST)
    text = read_text(file)
    head = text.partition("\n")[0]
    delimiter = "\t" if "\t" in head else ","
    if delimiter == "\t":  # a question may hold a quotation mark that is never closed
        lines = csv.DictReader(io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        lines = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    return iter(enumerate(lines, 2))


def _parquet(file: Path) -> Numbered:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table
    except ImportError as error:
        raise UsageError(
            f"{file.name} is a Parquet file, which takes pyarrow to read",
            hint="pip install 'vidqa[parquet]'",
        ) from error
    try:
        table = read_table(file)
    except (ArrowException, OSError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
    kept = [
        name for name in table.column_names if "binary" not in str(table.schema.field(name).type)
    ]
    return iter(enumerate(table.select(kept).to_pylist(), 1))
