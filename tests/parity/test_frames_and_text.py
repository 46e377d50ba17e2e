"""Frame numbers, captions and prompts: exactly those of the authors' programs."""

import re
from collections.abc import Callable

import golden_files
import pytest

from vidqa.prompt.paper import captions
from vidqa.prompt.paper import templates as prompts
from vidqa.prompt.paper.limits import LLAMA2, MISTRAL, Budget, frame_indices, padded, tvqa_indices
from vidqa.types import Cue

pytestmark = pytest.mark.numbers

FACTS = golden_files.facts("frames_and_text")
BUDGETS = {"llama2": LLAMA2, "mistral": MISTRAL}
TIME = r"(\d+):(\d\d):(\d\d\.\d{3})"


def seconds(hours: str, minutes: str, rest: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def read_vtt(text: str) -> list[Cue]:
    """Cues with their blanks, as the authors' reader gives them; the rules are about those."""
    cues = []
    for block in re.split(r"\n{2,}", text):
        timed = re.match(rf"{TIME} --> {TIME}\n", block)
        if timed is None:
            continue
        words = re.sub(r"<[^>]*>", "", block[timed.end() :].rstrip("\n"))
        cues.append(Cue(seconds(*timed.groups()[:3]), seconds(*timed.groups()[3:]), words))
    return cues


def expect(
    place: Callable[..., list[str]],
    cues: list[Cue],
    expected: dict[str, object],
    *,
    frames_per_s: float,
    budget: Budget,
    indices: list[int],
) -> None:
    shown = list(dict.fromkeys(indices))
    words = place(cues, shown, frames_per_s=frames_per_s, max_words=budget.max_words)
    words += [""] * (len(indices) - len(shown))
    text = str(expected["text"])
    question = text.rpartition(prompts.IMAGE_MARK)[2].partition("\n")[2]
    assert prompts.body(prompts.interleave(words), question) == text
    assert expected.get("n_images", len(indices)) == len(indices)
    assert expected.get("indices", indices) == indices


@pytest.mark.parametrize(
    "case", FACTS["sampling"], ids=lambda c: f"{c['n_frames']}/{c['max_frames']}"
)
def test_frame_numbers(case: dict[str, int]) -> None:
    indices = frame_indices(case["n_frames"], case["max_frames"])
    assert indices == case["indices"]
    assert case["n_frames"] - 1 - indices[-1] == case["unseen_tail_frames"]


def test_the_header_is_believed() -> None:
    assert frame_indices(100, 10, stated_frames=109) == list(range(0, 100, 10))
    assert frame_indices(100, 10, stated_frames=199) == list(range(0, 100, 19))  # too few
    assert frame_indices(100, 10, stated_frames=0) == list(range(10))


@pytest.mark.parametrize(("frames", "most"), [(0, 4), (4, 0), (4, -1)])
def test_no_frames_are_refused(frames: int, most: int) -> None:
    for rule in (frame_indices, tvqa_indices):
        with pytest.raises(ValueError, match="at least one frame"):
            rule(frames, most)


@pytest.mark.parametrize("llm", BUDGETS)
@pytest.mark.parametrize(
    "case", FACTS["subtitles"], ids=lambda c: f"{c['vtt']}-{c['n_frames']}-{c['fps']:.0f}"
)
def test_captions(case: dict[str, object], llm: str) -> None:
    cues, budget = read_vtt(FACTS["vtt"][case["vtt"]]), BUDGETS[llm]
    frame_count, rate = int(str(case["n_frames"])), float(str(case["fps"]))
    indices = frame_indices(frame_count, budget.max_frames)
    for rule, place in {
        "inference": captions.asked_captions,
        "eval": captions.evaluated_captions,
        "train_videochatgpt": captions.trained_captions,
    }.items():
        expected = case[f"{rule}_{llm}"]
        assert isinstance(expected, dict)
        length = len(indices) if rule == "inference" else budget.max_frames
        expect(
            place,
            cues,
            expected,
            frames_per_s=rate,
            budget=budget,
            indices=padded(indices, length),
        )


def test_a_short_clip() -> None:
    case = FACTS["short_clip_20_frames"]
    cues = read_vtt(FACTS["vtt"][case["vtt"]])
    few = frame_indices(case["inference"]["n_images"], LLAMA2.max_frames)
    for rule, place, indices in [
        ("inference", captions.asked_captions, few),
        ("eval", captions.evaluated_captions, padded(few, LLAMA2.max_frames)),
    ]:
        expect(
            place,
            cues,
            case[rule],
            frames_per_s=case["fps"],
            budget=LLAMA2,
            indices=indices,
        )


@pytest.mark.parametrize("llm", BUDGETS)
@pytest.mark.parametrize("heard", [True, False], ids=["words", "no-words"])
def test_tvqa(llm: str, heard: bool) -> None:
    case, budget = FACTS["tvqa"], BUDGETS[llm]
    expected = case[f"{llm}_{'subs' if heard else 'nosubs'}"]
    cues = [Cue(one["start"], one["end"], one["text"]) for one in case["subs"] if heard]
    item = case["annotation"]
    question = prompts.tvqa_question(item["q"], [item[f"a{index}"] for index in range(5)])
    assert expected["text"].endswith(question)
    indices = padded(tvqa_indices(case["n_frames"], budget.max_frames), budget.max_frames)
    expect(
        captions.evaluated_captions,
        cues,
        expected,
        frames_per_s=case["frame_fps"],
        budget=budget,
        indices=indices,
    )


def test_prompt_forms() -> None:
    forms = FACTS["prompt_forms"]
    for name, turn in {
        "inference_script": prompts.asked,
        "eval_script": prompts.evaluated,
        "image_default_template": prompts.asked,
        "training_chat_template": prompts.trained,
    }.items():
        inner = re.search(r"<Img>.*?(?= ?\[/INST\])", forms[name], re.DOTALL)
        assert inner is not None
        assert turn(inner[0]) == forms[name]
