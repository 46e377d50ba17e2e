"""The models that the paper's authors released, put together from three sources. Data only."""

from vidqa.models.spec import Family, File, HubSource, ModelSpec
from vidqa.prompt.form import PAPER_FORM
from vidqa.prompt.paper.limits import LLAMA2, MISTRAL, Budget
from vidqa.system.footprint import Footprint

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
    """Describe one of the models that the paper's authors released."""
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
        reads_screen=False,
        footprint=footprint,
        on_cpu=False,
    )


PAPER = (
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
)
"""On each of the two language models that they were trained on."""
