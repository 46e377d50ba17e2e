"""The registry: complete, pinned, and clear about names it does not know."""

import re
from dataclasses import replace

import pytest

from vidqa.errors import UsageError
from vidqa.models.registry import (
    DEFAULT_MODEL,
    MODELS,
    SENTENCES,
    SPEECH,
    VOICES,
    every,
    find,
    find_model,
    find_sentence_spec,
    find_speech,
    find_voice_spec,
)
from vidqa.models.spec import HubSource, PackagedSource, SpeechSpec

DOWNLOADS = [
    source
    for spec in MODELS.values()
    for source in spec.sources
    if not isinstance(source, PackagedSource)
] + [spec.source for spec in (*SPEECH.values(), *VOICES.values(), *SENTENCES.values())]


def test_names_are_found() -> None:
    assert find_model("starter") is find("starter") is MODELS["starter"]
    assert find_speech("whisper-tiny.en") is find("whisper-tiny.en") is SPEECH["whisper-tiny.en"]
    assert DEFAULT_MODEL in MODELS
    assert find_voice_spec("resemblyzer") is find("resemblyzer") is VOICES["resemblyzer"]
    assert find_sentence_spec("minilm") is find("minilm") is SENTENCES["minilm"]
    kinds = MODELS, SPEECH, VOICES, SENTENCES
    assert len(every()) == sum(map(len, kinds)), "no name is taken twice"


@pytest.mark.parametrize(
    "find_any", [find, find_model, find_speech, find_voice_spec, find_sentence_spec]
)
def test_of_an_unknown_name_the_nearest_are_named(find_any: object) -> None:
    for name, hint in (
        ("nope", "vidqa models list shows all"),
        ("startr", "did you mean starter? vidqa models list shows all"),
        ("qwen3-vl", "did you mean qwen3-vl-8b or qwen3-vl-4b or qwen3-vl-2b? "),
    ):
        with pytest.raises(UsageError, match=f"no model is called '{name}'$") as caught:
            find_any(name)  # type: ignore[operator]
        assert str(caught.value.hint).startswith(hint)


def test_models_and_recognisers_are_told_apart() -> None:
    with pytest.raises(UsageError, match="only listens"):
        find_model("whisper-tiny.en")
    with pytest.raises(UsageError, match="not a speech model"):
        find_speech("starter")


@pytest.mark.parametrize("source", DOWNLOADS, ids=str)
def test_every_wheel_file_is_pinned(source: object) -> None:
    assert not isinstance(source, PackagedSource)
    assert source.licence
    names = [file.path if isinstance(source, HubSource) else file.name for file in source.files]
    assert len(set(names)) == len(names), "two files would get the same name"
    for file in source.files:
        assert file.size_bytes > 0
        if not isinstance(source, HubSource):
            assert re.fullmatch("[0-9a-f]{64}", file.sha256 or "")


@pytest.mark.parametrize("spec", MODELS.values(), ids=lambda spec: spec.name)
def test_models_can_be_put_together_and_can_listen(spec: object) -> None:
    spec = find_model(getattr(spec, "name", ""))
    assert spec.assembly is not None or len(spec.sources) == 1
    assert spec.speech is None or find_speech(spec.speech)
    assert spec.frames > 0
    assert (spec.disk_bytes > 0) == (spec.assembly is not None), "else it is its download"
    assert all(source.size_bytes > 0 for source in spec.sources if isinstance(source, HubSource))


def test_licences_are_named_once() -> None:
    assert MODELS["starter"].licences == ("Apache-2.0", "MIT")
    mixed = replace(
        MODELS["starter"], sources=(PackagedSource("a", "MIT"), *MODELS["starter"].sources)
    )
    assert mixed.licences == ("MIT", "Apache-2.0")


@pytest.mark.parametrize(
    "spec", [one for one in SPEECH.values() if isinstance(one.source, HubSource)], ids=str
)
def test_a_whisper_of_the_hub_is_pinned_where_faster_whisper_takes_it_from(
    spec: SpeechSpec,
) -> None:
    from faster_whisper.utils import _MODELS

    assert isinstance(spec.source, HubSource)
    assert spec.source.repo == _MODELS[spec.name.removeprefix("whisper-")]
    assert re.fullmatch("[0-9a-f]{40}", spec.source.revision)
    assert all(re.fullmatch("[0-9a-f]{64}", file.sha256 or "") for file in spec.source.files)
    assert {"config.json", "model.bin", "tokenizer.json"} < {one.path for one in spec.source.files}


def test_english_recognisers_cannot_translate() -> None:
    assert not any(one.translates for one in SPEECH.values() if one.languages == "en")
    assert SPEECH["whisper-large-v3"].translates
    assert not SPEECH["whisper-large-v3-turbo"].translates


def test_one_vocabulary_is_shared_by_the_english_whispers() -> None:
    ours = {file.name: file.sha256 for file in SPEECH["whisper-tiny.en"].source.files}
    theirs = {file.name: file.sha256 for file in SPEECH["whisper-small.en"].source.files}
    for name in ("tokenizer.json", "vocabulary.txt"):
        assert ours[name] == theirs[name]
