"""Errors on stderr."""

import pytest

from vidqa.cli.render.status import StatusReporter
from vidqa.errors import DecoderError


def blunder() -> DecoderError:
    """As it comes from a worker: with what lies at its bottom."""
    try:
        try:
            raise ZeroDivisionError("division by zero")
        except ZeroDivisionError as error:
            raise DecoderError("a fault of vidqa") from error
    except DecoderError as error:
        about = DecoderError("'a.mp4' cannot be decoded: a fault of vidqa")
        about.__cause__ = error
        return about


def test_how_an_error_came_about_is_told_to_whoever_asks(capsys: pytest.CaptureFixture[str]):
    first = "error: 'a.mp4' cannot be decoded: a fault of vidqa\n"
    StatusReporter().error(blunder())
    assert capsys.readouterr().err == first
    StatusReporter(verbose=True).error(blunder())
    told = capsys.readouterr().err
    assert told.startswith(f"{first}Traceback (most recent call last):\n")
    assert told.endswith("ZeroDivisionError: division by zero\n")
