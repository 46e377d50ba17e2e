"""Presets for current open models that also join adjacent visual tokens. Data only."""

from dataclasses import replace

from vidqa.models.spec import PLAIN, Family, HubSource, ModelSpec, Reported
from vidqa.prompt.form import PromptForm
from vidqa.system.footprint import Footprint

_QWEN_PIXELS = {"size": {"shortest_edge": 16_384, "longest_edge": 131_072}}
"""Minimum and maximum pixels of a frame; 32 x 32 of them are one visual token."""
_QWEN_FORM = PLAIN.prompt
"""The text of Qwen3-VL's processor before the frames of a video; other families read it, too."""

FAMILIES = {
    "vidqa": Family(),  # what is trained from the starter is told no times, as it was not
    "smolvlm": Family(
        image_kwargs={"do_image_splitting": False},
        prompt=PromptForm(frame="\nFrame from {clock}:", question="\n\n{question}"),
    ),
    "qwen3_vl": Family(image_kwargs=_QWEN_PIXELS, prompt=_QWEN_FORM),
    "qwen3_5": Family(
        image_kwargs=_QWEN_PIXELS,
        template_kwargs={"enable_thinking": False},
        prompt=_QWEN_FORM,
    ),
    "minicpmv4_6": Family(
        image_kwargs={"max_slice_nums": 1},
        processor_kwargs={"use_image_id": False},
        template_kwargs={"enable_thinking": False},
        prompt=PLAIN.prompt,
    ),
    "internvl": Family(
        image_kwargs={"crop_to_patches": False},
        prompt=PromptForm(frame="Frame{number} at {seconds} seconds: "),
    ),
}
FAMILIES |= {
    "idefics3": FAMILIES["smolvlm"],
    "qwen3_vl_moe": FAMILIES["qwen3_vl"],
    "qwen3_5_moe": FAMILIES["qwen3_5"],
    "qwen2_5_vl": Family(image_kwargs=_QWEN_PIXELS, prompt=PLAIN.prompt),
    "qwen2_vl": Family(image_kwargs=_QWEN_PIXELS, prompt=PLAIN.prompt),
}
"""Families by `model_type`: without these settings a frame takes many times the tokens, its
number restarts with every batch, or the model thinks aloud before it answers."""


def _modern(
    name: str,
    repo: str,
    family: str,
    *,
    gigabytes: float,
    frames: int,
    words: int,
    new_tokens: int,
    on_cpu: bool = False,
    gated: bool = False,
    languages: tuple[str, ...] = (),
    footprint: Footprint,
    video_mme: Reported | None = None,
    summary: str,
) -> ModelSpec:
    """Return a preset whose weights are one repository of the Hub, as transformers writes them."""
    # the commit is not known here: a pull pins the one that it finds
    size = round(gigabytes * 1e9)
    source = HubSource(repo, "main", (), licence="Apache-2.0", gated=gated, about_bytes=size)
    return ModelSpec(
        name=name,
        summary=summary,
        sources=(source,),
        assembly=None,
        speech="whisper-small",
        frames=frames,
        max_words=words,
        max_new_tokens=new_tokens,
        disk_bytes=0,
        family=FAMILIES[family],
        languages=languages,
        footprint=footprint,
        video_mme=video_mme,
        on_cpu=on_cpu,
    )


MODERN = (
    _modern(
        "qwen3-vl-8b",
        "Qwen/Qwen3-VL-8B-Instruct",
        "qwen3_vl",
        gigabytes=17.5,
        frames=64,
        words=1500,
        new_tokens=512,
        footprint=Footprint(
            6_946_071_552, 1_821_052_144, 36, 8, 128, 130, 512, 4304, 12288, 151936, 4096, 262144
        ),
        video_mme=Reported(71.4),
        summary="the best answers, for 24 GB of GPU memory",
    ),
    _modern(
        "qwen3.5-9b",
        "Qwen/Qwen3.5-9B",
        "qwen3_5",
        gigabytes=18.8,
        frames=64,
        words=1500,
        new_tokens=512,
        footprint=Footprint(
            6_919_561_728, 2_490_252_016, 8, 4, 256, 130, 512, 4304, 12288, 248320, 4096, 262144
        ),
        video_mme=Reported(78.4, with_thinking=True),
        summary="large, with recurrent layers: long clips take little memory",
    ),
    _modern(
        "qwen3-vl-4b",
        "Qwen/Qwen3-VL-4B-Instruct",
        "qwen3_vl",
        gigabytes=8.9,
        frames=64,
        words=1500,
        new_tokens=512,
        footprint=Footprint(
            3_633_509_376, 804_306_432, 36, 8, 128, 130, 512, 4096, 9728, 151936, 2560, 262144
        ),
        video_mme=Reported(69.3),
        summary="good answers, for 12 to 16 GB of GPU memory",
    ),
    _modern(
        "qwen3.5-4b",
        "Qwen/Qwen3.5-4B",
        "qwen3_5",
        gigabytes=9.1,
        frames=64,
        words=1500,
        new_tokens=512,
        footprint=Footprint(
            3_570_049_536, 969_216_000, 8, 4, 256, 130, 512, 4096, 9216, 248320, 2560, 262144
        ),
        video_mme=Reported(76.9, with_thinking=True),
        summary="good answers, with recurrent layers",
    ),
    _modern(
        "internvl3.5-8b",
        "OpenGVLab/InternVL3_5-8B-HF",
        "internvl",
        gigabytes=17.1,
        frames=16,
        words=1500,
        new_tokens=512,
        footprint=Footprint(
            6_946_071_552, 1_582_173_184, 36, 8, 128, 268, 1024, 4096, 12288, 151936, 4096, 40960
        ),
        summary="large; 256 tokens a frame, so fewer frames",
    ),
    _modern(
        "internvl3.5-4b",
        "OpenGVLab/InternVL3_5-4B-HF",
        "internvl",
        gigabytes=9.5,
        frames=16,
        words=1500,
        new_tokens=512,
        footprint=Footprint(
            3_633_509_376, 1_098_906_112, 36, 8, 128, 268, 1024, 4096, 9728, 151936, 2560, 40960
        ),
        summary="256 tokens a frame, so fewer frames",
    ),
    _modern(
        "qwen3-vl-2b",
        "Qwen/Qwen3-VL-2B-Instruct",
        "qwen3_vl",
        gigabytes=4.3,
        frames=32,
        words=1000,
        new_tokens=512,
        footprint=Footprint(
            1_409_408_000, 718_124_032, 28, 8, 128, 130, 512, 4096, 6144, 151936, 2048, 262144
        ),
        video_mme=Reported(61.9),
        summary="good answers, for 8 GB of GPU memory",
    ),
    _modern(
        "minicpm-v-4.6",
        "openbmb/MiniCPM-V-4.6",
        "minicpmv4_6",
        gigabytes=2.6,
        frames=32,
        words=1000,
        new_tokens=512,
        gated=True,
        footprint=Footprint(
            498_112_320, 802_547_120, 6, 2, 256, 76, 1024, 4304, 3584, 248320, 1024, 262144
        ),
        video_mme=Reported(59.3),
        summary="small for what it knows; 64 tokens a frame",
    ),
    _modern(
        "qwen3.5-2b",
        "Qwen/Qwen3.5-2B",
        "qwen3_5",
        gigabytes=4.4,
        frames=32,
        words=1000,
        new_tokens=512,
        footprint=Footprint(
            1_373_263_680, 839_977_984, 6, 2, 256, 130, 512, 4096, 6144, 248320, 2048, 262144
        ),
        summary="small, with recurrent layers",
    ),
    _modern(
        "internvl3.5-2b",
        "OpenGVLab/InternVL3_5-2B-HF",
        "internvl",
        gigabytes=4.7,
        frames=8,
        words=1000,
        new_tokens=512,
        footprint=Footprint(
            1_409_408_000, 938_865_664, 28, 8, 128, 268, 1024, 4096, 6144, 151936, 2048, 40960
        ),
        summary="256 tokens a frame, so fewer frames",
    ),
    _modern(
        "smolvlm2-2.2b",
        "HuggingFaceTB/SmolVLM2-2.2B-Instruct",
        "smolvlm",
        gigabytes=9.0,
        frames=16,
        words=800,
        new_tokens=512,
        languages=("en",),
        footprint=Footprint(
            1_610_711_040, 636_073_840, 24, 32, 64, 94, 729, 4304, 8192, 49280, 2048, 8192
        ),
        video_mme=Reported(52.1),
        summary="English; stored in 32 bits",
    ),
    _modern(
        "internvl3.5-1b",
        "OpenGVLab/InternVL3_5-1B-HF",
        "internvl",
        gigabytes=2.1,
        frames=8,
        words=800,
        new_tokens=512,
        footprint=Footprint(
            440_466_432, 620_357_632, 28, 8, 128, 268, 1024, 4096, 3072, 151936, 1024, 40960
        ),
        summary="256 tokens a frame, so fewer frames",
    ),
    _modern(
        "qwen3.5-0.8b",
        "Qwen/Qwen3.5-0.8B",
        "qwen3_5",
        gigabytes=1.7,
        frames=16,
        words=600,
        new_tokens=256,
        on_cpu=True,
        footprint=Footprint(
            498_112_320, 354_873_600, 6, 2, 256, 130, 512, 3072, 3584, 248320, 1024, 262144
        ),
        video_mme=Reported(48.9, with_thinking=True),
        summary="the smallest Qwen; a CPU can",
    ),
    _modern(
        "smolvlm2-500m",
        "HuggingFaceTB/SmolVLM2-500M-Video-Instruct",
        "smolvlm",
        gigabytes=2.03,
        frames=8,
        words=400,
        new_tokens=256,
        on_cpu=True,
        languages=("en",),
        footprint=Footprint(
            314_634_240, 192_848_064, 32, 5, 64, 77, 1024, 3072, 2560, 49280, 960, 8192
        ),
        video_mme=Reported(42.2),
        summary="English; made for video; a CPU can",
    ),
    _modern(
        "smolvlm2-256m",
        "HuggingFaceTB/SmolVLM2-256M-Video-Instruct",
        "smolvlm",
        gigabytes=1.03,
        frames=8,
        words=300,
        new_tokens=256,
        on_cpu=True,
        languages=("en",),
        footprint=Footprint(
            106_202_880, 150_282_048, 30, 3, 64, 77, 1024, 3072, 1536, 49280, 576, 8192
        ),
        video_mme=Reported(33.7),
        summary="English; made for video; the smallest",
    ),
)
"""Presets, best first, as far as is known for models that do not think first, which is how they
run here without `--think`: by their makers' Video-MME figures without thinking, else by size
within a family. Qwen3.5's figures are with thinking and two frames a second; each comes after the
Qwen3-VL of its size, for without thinking Qwen3-VL-8B was reported ahead of Qwen3.5-9B (74.2 and
71.6 % of a part of Video-Bench: vLLM's pull request 48912). InternVL's are not known here. None was
measured as vidqa runs it. Figures, sizes and licences are those of the models' pages and reports,
read in November 2026; parameters are counted from the configurations.
"""


def derived(name: str, model_type: str) -> ModelSpec:
    """Return how to show clips to a model known only by its class; like a preset if it is one.

    Args:
        name: of the model, shown to people.
        model_type: of its configuration.

    """
    preset = next((one for one in MODERN if _repo(one) == name.partition("@")[0]), None)
    if preset is not None:
        return replace(preset, name=name, sources=())
    return ModelSpec(
        name=name,
        summary=f"a {model_type} model",
        sources=(),
        assembly=None,
        speech="whisper-small",
        frames=16,
        max_words=600,
        max_new_tokens=256,
        disk_bytes=0,
        family=FAMILIES.get(model_type, PLAIN),
        notes=() if model_type in FAMILIES else (_unknown(model_type),),
    )


def served_as(name: str) -> ModelSpec:
    """Return how to show clips to a model that a server calls so: as to the preset that it is.

    Args:
        name: a repository of the Hub, or a path that ends like one, whatever follows behind a dash
            (`-FP8`, `-AWQ`, `-4bit`); of others nothing is known.

    """
    last = f"{_last(name)}-"
    alike = [one for one in MODERN if last.startswith(f"{_last(_repo(one))}-")]
    preset = max(alike, key=lambda one: len(_repo(one)), default=None)
    note = f"nothing is known of {name} here: it is shown as much as a middling model"
    return preset or replace(derived(name, "served"), notes=(note,))


def _last(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2].lower()


def _unknown(model_type: str) -> str:
    return (
        f"nothing is known of {model_type} models but their class: a frame may take many tokens, "
        "and the answer may begin with thoughts"
    )


def _repo(spec: ModelSpec) -> str:
    (source,) = spec.sources
    assert isinstance(source, HubSource)
    return source.repo
