"""Words that are looked for while the model is still being loaded."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from test_engine import clip, model  # noqa: F401  (fixtures)
from tiny import native_folder
from vidqa import engine
from vidqa.cli.app import run
from vidqa.engine import Model, load
from vidqa.engine.watch.early import EarlyWords, listen_early
from vidqa.errors import ModelMissingError, UsageError
from vidqa.media.reader import Reader
from vidqa.media.viewing import Viewing
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings

SRT = "1\n00:00:00,100 --> 00:00:00,900\nthe cat is called Chelsea\n"


def early_words(path: Path, viewing: Viewing) -> EarlyWords:
    request = viewing.word_request
    unheard = cast(Any, None)
    return EarlyWords(path, viewing, unheard, request=request, reader=Reader(), cache=None)


@pytest.fixture
def viewing(tmp_path: Path) -> Viewing:
    (tmp_path / "words.srt").write_text(SRT)
    return Viewing(frames=2, subtitles=tmp_path / "words.srt")


def test_a_clip_is_watched_with_the_words_that_were_found_early(
    model: Model,  # noqa: F811
    clip: Path,  # noqa: F811
    viewing: Viewing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = model.watch(clip, viewing)
    early = early_words(clip, viewing)
    with monkeypatch.context() as alone:
        alone.setattr("vidqa.engine.watcher.hear", lambda *_: pytest.fail("it was heard before"))
        model.adopt(early)
        watched = model.watch(clip, viewing)
    assert watched.words == expected.words
    assert watched.segments == expected.segments
    assert watched.timings_s["speech"] == early.seconds > 0
    assert model.watch(clip, viewing).words == expected.words, "they are taken once"


def test_those_of_another_clip_or_viewing_are_not_taken(
    model: Model,  # noqa: F811
    clip: Path,  # noqa: F811
    viewing: Viewing,
) -> None:
    model.adopt(early_words(clip, viewing))
    assert not model.watch(clip, frames=2, subtitles="off").words.cues


def test_what_goes_wrong_is_raised_where_the_words_are_asked_for(
    model: Model,  # noqa: F811
    clip: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    (tmp_path / "bad.srt").write_text("nothing of the kind")
    viewing = Viewing(subtitles=tmp_path / "bad.srt")
    model.adopt(early_words(clip, viewing))
    with pytest.raises(UsageError, match="is not a subtitle file"):
        model.watch(clip, viewing)


@pytest.mark.parametrize(
    ("viewing", "settings", "speech"),
    [
        (Viewing(subtitles="off"), LoadSettings(device="cpu"), "whisper-tiny.en"),
        (Viewing(), LoadSettings(device="cuda:0"), "whisper-tiny.en"),
        (Viewing(), LoadSettings(device="cpu"), None),
        (Viewing(), LoadSettings(device="cpu"), "whisper-tiny.en"),  # which is not in the cache
    ],
)
def test_nobody_listens_early_where_it_makes_no_sense(
    tmp_path: Path, viewing: Viewing, settings: LoadSettings, speech: str | None
) -> None:
    from vidqa.models.store.store import Store

    local: Any = SimpleNamespace(spec=SimpleNamespace(name="m", speech=speech, sources=()))
    given: dict[str, Any] = {"store": Store(tmp_path / "empty"), "reader": Reader()}
    assert listen_early(tmp_path / "a.mp4", viewing, local, settings, **given) is None


def test_the_program_listens_while_the_model_is_loaded(
    clip: Path,  # noqa: F811
    viewing: Viewing,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = list[str]()

    def begin(path: Path, how: Viewing, *_: object, **__: object) -> EarlyWords:
        order.append("listen")
        return early_words(path, how)

    def loaded(*given: Any, **how: Any) -> Model:
        order.append("load")
        return load(*given, **how)

    monkeypatch.setattr("vidqa.engine.watch.early.listen_early", begin)
    monkeypatch.setattr(engine, "load", loaded)
    monkeypatch.setattr("vidqa.engine.watcher.hear", lambda *_: pytest.fail("it was heard before"))
    folder = str(native_folder(tmp_path / "model"))
    words = ["--subtitles", str(viewing.subtitles), "--frames", "2", "--max-new-tokens", "1"]
    assert run(["ask", str(clip), "who?", "-m", folder, *words]) == 0
    assert order == ["listen", "load"]


def test_the_program_listens_before_it_asks_torch_what_fits(
    clip: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Where one model alone is in the cache, it is known which one can be taken."""
    order = list[str]()

    class Listening:
        def cancel(self) -> None:
            order.append("cancel")

    def listen(*_: object, **__: object) -> Listening:
        order.append("listen")
        return Listening()

    folder = str(native_folder(tmp_path / "model"))
    monkeypatch.setattr("vidqa.engine.watch.early.listen_early", listen)
    monkeypatch.setattr("vidqa.cli.session.likely_model", lambda *_: folder)

    def refused(*_: object, **__: object) -> str:
        order.append("choose")
        raise ModelMissingError("it does not fit")

    monkeypatch.setattr("vidqa.cli.session.settled_model", refused)
    assert run(["ask", str(clip), "who?"]) == ExitCode.MODEL_MISSING
    assert order == ["listen", "choose", "cancel"]
