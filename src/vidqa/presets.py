"""Today's open models that join adjacent visual tokens, too. Data only."""

from vidqa.spec import PLAIN, Family, ModelSpec, PromptForm

_QWEN_PIXELS = {"size": {"shortest_edge": 16_384, "longest_edge": 131_072}}
"""Pixels of a frame at least and at most; 32 x 32 of them are one visual token."""
_QWEN_FORM = PromptForm(frame="<{seconds} seconds>")
"""What Qwen3-VL's processor puts before the frames of a video."""

FAMILIES = {
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
    ),
    "internvl": Family(
        image_kwargs={"crop_to_patches": False},
        prompt=PromptForm(frame="Frame{number}: "),
    ),
}
"""By the `model_type` of a configuration: without these a frame takes many times the tokens, its
number restarts with every batch, or the model thinks aloud before it answers."""


def derived(name: str, model_type: str) -> ModelSpec:
    """How to show clips to a model of which only the class is known.

    Args:
        name: of the model, for people.
        model_type: of its configuration.

    """
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
    )
