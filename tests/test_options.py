"""Options are declared once: commands, records, settings and Python have the same ones."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from clips import make_clip
from tiny import smolvlm_folder
from vidqa.cli.app import program, run
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.models.add import add
from vidqa.models.store.store import Store
from vidqa.system.config import SETTINGS
from vidqa.types.generation import GenerationSettings
from vidqa.types.loading import LoadSettings
from vidqa.types.options import as_given, names_of, options_of
from vidqa.types.summaries import SummarySettings

GROUPS = (Viewing, LoadSettings, GenerationSettings, SummarySettings)


def spelled(command: str) -> set[str]:
    root: Any = typer.main.get_command(program())
    return {name for one in root.commands[command].params for name in one.opts}


def declared(group: type[Any]) -> set[str]:
    fields = inspect.get_annotations(group).keys() & options_of(group).keys()
    return {name for one in fields for name in names_of(group.__dataclass_fields__[one])}


@pytest.mark.parametrize(
    ("command", "groups"),
    [
        ("ask", [Viewing, LoadSettings, GenerationSettings]),
        ("summarize", [Viewing, LoadSettings, SummarySettings]),
    ],
)
def test_a_command_has_all_that_is_declared(command: str, groups: list[type[Any]]) -> None:
    for group in groups:
        assert declared(group) <= spelled(command)


def test_no_two_options_of_a_command_are_spelled_alike() -> None:
    for first in GROUPS:
        for other in GROUPS:
            if first is not other:
                assert declared(first) & declared(other) <= {"--max-new-tokens", "--strict"}


def test_every_setting_that_is_named_exists() -> None:
    named = {one.setting for group in GROUPS for one in options_of(group).values()}
    assert named - {None} <= SETTINGS.keys()


def test_records_keep_their_names_and_order() -> None:
    assert list(as_given(Viewing())) == [
        "frames", "recipe", "sample", "start_s", "end_s", "decoder", "subtitles", "language",
        "task", "text_track", "audio_track",
    ]  # fmt: skip
    assert list(as_given(GenerationSettings())) == [
        "max_new_tokens",
        "temperature",
        "top_p",
        "seed",
    ]
    assert list(as_given(SummarySettings())) == [
        "length", "chapters", "instructions", "answer_language", "grounding", "strict",
        "max_new_tokens",
    ]  # fmt: skip


def test_a_model_is_verified_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = tmp_path / "film.mp4"
    make_clip(film, range(0, 1000, 40))
    add(smolvlm_folder(tmp_path / "model"), "mine")
    checked = list[str]()
    check = Store._checked

    def count(self: Store, key: str, trusted: Any) -> Path:
        checked.append(key)
        return check(self, key, trusted)

    monkeypatch.setattr(Store, "_checked", count)
    words = ["--model", "mine", "--subtitles", "off", "--frames", "1", "--max-new-tokens", "1"]
    assert run(["ask", str(film), "who?", *words]) == 0
    assert [one for one in checked if "mine" in one] == ["added/mine"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Viewing(frames=0), "--frames must be at least 1, got 0"),
        (lambda: Viewing(frames=10**6), "--frames must be at most 100000, got 1000000"),
        (lambda: Viewing(max_words=0), "--max-words must be at least 1, got 0"),
        (lambda: Viewing(decoder="vlc"), "--decoder 'vlc': no such decoder"),  # type: ignore[arg-type]
        (lambda: GenerationSettings(temperature=-1), "--temperature must be at least 0, got -1"),
        (lambda: GenerationSettings(temperature=float("nan")), "must be at least 0, got nan"),
        (lambda: LoadSettings(kv_cache="int8"), "--kv-cache 'int8': no such kv-cache"),
        (lambda: SummarySettings(length="huge"), "--length 'huge': no such length"),  # type: ignore[arg-type]
    ],
)
def test_python_is_held_to_the_same_bounds(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()
