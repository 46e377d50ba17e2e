"""The presets' sizes follow from their published configurations, and are what is planned with."""

import numpy as np
import pytest
from transformers.models.qwen2_vl import Qwen2VLImageProcessor

from true_sizes import CONFIGS
from vidqa.models.presets.hub import FAMILIES, MODERN, derived
from vidqa.models.registry import find_model
from vidqa.models.spec import PLAIN, HubSource, ModelSpec, Reported
from vidqa.network.measure import MARK_TOKENS, WIDE_FRAME, FrameSize, footprint_of
from vidqa.prompt.form import PromptForm
from vidqa.prompt.interleave import user_content
from vidqa.system.footprint import plan_memory
from vidqa.types import Segment

PRESETS = {spec.name: spec for spec in MODERN}
SEEN = {
    "smolvlm2-256m": (67, 3 * 512 * 512),
    "smolvlm2-500m": (67, 3 * 512 * 512),
    "smolvlm2-2.2b": (84, 3 * 378 * 378),
    "minicpm-v-4.6": (66, 3 * 14 * 14 * 1024),
    **{name: (120, 3 * 2 * 16 * 16 * 512) for name in PRESETS if name.startswith("qwen")},
    **{name: (258, 3 * 448 * 448) for name in PRESETS if name.startswith("internvl")},
}
"""Visual tokens of a wide frame with their marks, and numbers of the picture that the tower takes:
a side of 512 in patches of 16, scaled down by 4; patches of 16, twice in time, merged 2 x 2; ..."""
GROSS = 1.12
"""A download holds more than the weights, and some hold a tied head twice."""


def test_every_preset_is_measured() -> None:
    assert set(CONFIGS) == set(PRESETS) == set(SEEN)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_footprint_is_that_of_the_published_configuration(name: str) -> None:
    tokens, numbers = SEEN[name]
    measured = footprint_of(CONFIGS[name](), FrameSize(tokens + MARK_TOKENS, numbers))
    assert PRESETS[name].footprint == measured


@pytest.mark.parametrize("kind", ["qwen3_vl", "qwen3_5"])
def test_a_frame_is_made_as_small_as_is_planned(kind: str) -> None:
    """The true image processor on a wide frame, its patches merged 2 x 2."""
    images = Qwen2VLImageProcessor(patch_size=16, merge_size=2, temporal_patch_size=2)
    frame = np.zeros((*WIDE_FRAME, 3), dtype=np.uint8)
    given = images([frame], return_tensors="pt", **FAMILIES[kind].image_kwargs)
    tokens, numbers = SEEN["qwen3-vl-8b"]
    assert int(given["image_grid_thw"].prod()) // 4 == tokens
    assert given["pixel_values"].numel() <= numbers


@pytest.mark.parametrize("name", CONFIGS)
def test_a_download_is_as_large_as_the_weights(name: str) -> None:
    spec = PRESETS[name]
    assert spec.footprint is not None
    parameters = spec.footprint.block_parameters + spec.footprint.other_parameters
    stored = parameters * (4 if name.startswith("smolvlm") else 2)
    (source,) = spec.sources
    assert isinstance(source, HubSource)
    assert stored / GROSS < source.about_bytes < stored * GROSS


@pytest.mark.parametrize(
    ("name", "gigabytes"),
    [("qwen3-vl-8b", 24), ("qwen3-vl-4b", 16), ("qwen3-vl-2b", 8), ("smolvlm2-500m", 8)],
)
def test_a_preset_fits_the_memory_that_it_is_for(name: str, gigabytes: int) -> None:
    assert planned(PRESETS[name]) < gigabytes * 1e9


def test_a_plan_never_cuts_what_the_model_can_hold() -> None:
    for spec in MODERN:
        assert spec.footprint is not None
        tokens = spec.frames * spec.footprint.frame_tokens + 2 * spec.max_words
        assert tokens + spec.max_new_tokens < spec.footprint.context_tokens, spec.name


def planned(spec: ModelSpec) -> int:
    assert spec.footprint is not None
    return plan_memory(
        spec.footprint,
        dtype="bfloat16",
        frames=spec.frames,
        words=spec.max_words,
        new_tokens=spec.max_new_tokens,
    ).total_bytes


def test_a_presets_own_repository_is_shown_clips_like_the_preset() -> None:
    spec = derived("Qwen/Qwen3-VL-4B-Instruct@main", "qwen3_vl")
    assert (spec.name, spec.frames) == ("Qwen/Qwen3-VL-4B-Instruct@main", 64)
    assert spec.footprint == PRESETS["qwen3-vl-4b"].footprint


def test_the_order_agrees_with_the_figures_without_thinking() -> None:
    figures = [spec.video_mme for spec in MODERN]
    comparable = [one.percent for one in figures if one is not None and not one.with_thinking]
    assert comparable == sorted(comparable, reverse=True)
    assert PRESETS["qwen3.5-9b"].video_mme == Reported(78.4, with_thinking=True)


@pytest.mark.parametrize("kind", [*sorted(FAMILIES.keys() - {"vidqa"}), "brand_new"])
def test_every_family_is_told_when_a_frame_is_shown(kind: str) -> None:
    form = derived("someone/model", kind).family.prompt
    segments = [Segment(7.5, ""), Segment(65.0, "hello")]
    texts = [part.get("text") for part in user_content(segments, "when?", form)]
    images = [place for place, text in enumerate(texts) if text is None]
    before = [str(texts[place - 1]) for place in images]
    assert all(any(told in text for told in ("7.5", "00:07")) for text in before[:1])
    assert all(any(told in text for told in ("65.0", "01:05")) for text in before[1:])


@pytest.mark.parametrize("form", [find_model("starter").prompt, derived("m", "vidqa").prompt])
def test_the_starter_is_asked_in_the_form_that_it_was_trained_in(form: PromptForm) -> None:
    """Told more, such as times, it takes nothing for something: 40 % right instead of 68 %."""
    segments = [Segment(7.5, ""), Segment(65.0, "hello")]
    text = "".join(part.get("text", "<image>") for part in user_content(segments, "when?", form))
    assert text == "<image>\n<image>\nHeard: hello\nwhen?"


def test_other_models_are_shown_clips_like_their_family() -> None:
    assert derived("someone/tuned", "qwen3_vl").family is FAMILIES["qwen3_vl"]
    assert derived("someone/new", "brand_new").family is PLAIN
