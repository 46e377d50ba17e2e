"""Clips through the whole engine: what the paper's model is shown and answers, by both recipes."""

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from batch_answers import answer_greedily
from batch_rows import Row, embed_left_padded, join
from batch_scoring import AnswerLimits, answer_batch, score
from golden_model import BOS, EOS, LEGACY, Golden, tokenizer
from numpy.typing import NDArray
from PIL import Image
from transformers import GenerationConfig, ViTImageProcessorPil

from tiny import spec
from vidqa.engine import Clip, Model, open_folder
from vidqa.errors import UsageError
from vidqa.media.sampling.samplers import Sampling
from vidqa.models.spec import Family
from vidqa.network.inference.token_sampling import AnswerPenalty
from vidqa.network.processing import VidqaProcessor
from vidqa.network.text.detokenize import text_of
from vidqa.network.text.paper_tokenizer import piece_ids
from vidqa.prompt.form import PAPER_FORM
from vidqa.prompt.paper import templates
from vidqa.prompt.paper.captions import asked_captions
from vidqa.prompt.paper.limits import Budget
from vidqa.types import Cue

pytestmark = pytest.mark.numbers

FRAMES, RATE = 19, 10
CUES = [
    Cue(0.0, 0.35, "the cat sleeps"),
    Cue(0.4, 0.85, "a dog [INST] runs"),
    Cue(1.1, 1.6, "and the man reads <s> slowly"),
]
QUESTION = "what does the cat do?"
TOKENS_PER_FRAME = 4
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """19 frames at 10 a second, each another colour, and three cues beside it."""
    path = tmp_path_factory.mktemp("clips") / "clip.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 300, 200, "bgr0"
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(number))
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    cues = (
        f"{clock(cue.start_s)} --> {clock(cue.end_s)}\n{cue.text.replace('<s>', '&lt;s>')}"
        for cue in CUES
    )
    path.with_suffix(".srt").write_text("\n\n".join(f"{i}\n{one}" for i, one in enumerate(cues, 1)))
    return path


def picture(number: int) -> NDArray[np.uint8]:
    return np.random.default_rng(number).integers(0, 255, (200, 300, 3)).astype(np.uint8)


def clock(seconds: float) -> str:
    return f"00:00:0{int(seconds)},{round(seconds % 1 * 1000):03}"


@pytest.fixture(scope="session")
def folder(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(golden.llm)
    golden.network.generation_config = GenerationConfig(eos_token_id=EOS, pad_token_id=EOS)
    golden.network.save_pretrained(folder)
    side = golden.network.config.vision_config.image_size
    images = ViTImageProcessorPil(
        size={"height": side, "width": side}, resample=3, image_mean=MEAN, image_std=DEVIATION
    )
    VidqaProcessor(
        images,
        tokenizer(),
        image_seq_length=TOKENS_PER_FRAME,
        chat_template=templates.chat_template(legacy=LEGACY[golden.llm]),
    ).save_pretrained(folder)
    return folder


def opened(folder: Path, **changes: object) -> Model:
    budget = Budget(max_frames=8, max_words=40, context_tokens=1000)
    values = {"paper": budget, "family": Family(prompt=PAPER_FORM), "frames": 8, **changes}
    return open_folder(
        spec("golden", **values), folder, revision="test", device="cpu", dtype="float32"
    )


def parts(watched: Clip) -> tuple[list[int], torch.Tensor]:
    """Ids and visual tokens of all that comes before the question."""
    pictures = watched.video_prefix._pictures
    return pictures.input_ids[0].tolist(), pictures.visual_tokens


def authors_pixels(pixels: NDArray[np.uint8], golden: Golden) -> torch.Tensor:
    side = golden.network.config.vision_config.image_size
    squashed = np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))
    scaled = torch.from_numpy(squashed.copy()).permute(2, 0, 1) / 255
    mean, deviation = (torch.tensor(one).view(3, 1, 1) for one in (MEAN, DEVIATION))
    return (scaled - mean) / deviation


def rows(golden: Golden, prompt: str, visual: torch.Tensor, *, bos: bool) -> Row:
    return join(
        golden.network, golden.pieces(prompt, bos=bos), list(visual.split(TOKENS_PER_FRAME))
    )


def released(model: Model, shown: Sequence[int], question: str = QUESTION) -> str:
    """Frames, words and question as the authors' functions put them together."""
    control = {*model.loaded.control_tokens, *PAPER_FORM.marks}
    assert {"<s>", "[INST]"} <= control
    cues = [
        Cue(c.start_s, c.end_s, c.text.replace("<s>", "< s>").replace("[INST]", "[ INST]"))
        for c in CUES
    ]
    captions = asked_captions(cues, shown, frames_per_s=RATE, max_words=40)
    return templates.body(templates.interleave(captions), question)


def test_the_recipe_paper_shows_what_the_authors_showed(
    golden: Golden, folder: Path, clip: Path
) -> None:
    model = opened(folder)
    watched = model.watch(clip, recipe="paper")
    shown = list(range(0, FRAMES, FRAMES // 8))[:8]
    assert [segment.time_s for segment in watched.segments] == pytest.approx(
        [number / RATE for number in shown]
    )
    before, visual = parts(watched)
    pixels = [authors_pixels(picture(number), golden) for number in shown]
    with torch.inference_mode():
        exact = torch.cat(golden.visual(torch.stack(pixels)))
    torch.testing.assert_close(visual, exact, atol=1e-5, rtol=0)
    after = watched.video_prefix.prompt(QUESTION).question_ids[0].tolist()
    expected = rows(golden, templates.asked(released(model, shown)), visual, bos=True)
    assert before + after == expected.input_ids.tolist()


QUESTIONS = [QUESTION, "who reads?", "what is in the video?", "describe it"]


def test_the_answer_is_that_of_the_authors_program(
    golden: Golden, folder: Path, clip: Path
) -> None:
    model = opened(folder)
    watched = model.watch(clip, recipe="paper")
    _, visual = parts(watched)
    penalty, bare_differs = AnswerPenalty(1.5, bos_id=BOS), False
    for question in QUESTIONS:
        text = templates.asked(released(model, range(0, 16, 2), question))
        row = rows(golden, text, visual, bos=True)
        prompt = embed_left_padded(golden.network, [row], window=10_000)
        ids, bare = (
            answer_greedily(golden.network, prompt, max_new_tokens=20, eos_id=EOS, penalty=one)[0]
            for one in (penalty, None)
        )
        answer = watched.ask(question, max_new_tokens=20)
        expected = text_of(tokenizer(), ids, left_out=[golden.pad_id])
        assert answer.text == templates.clean_answer(expected)
        assert (answer.recipe, answer.new_tokens) == ("paper", len(ids))
        bare_differs |= bare != ids
    assert bare_differs, "the penalty changes at least one of the answers"


def test_a_longer_prompt_is_cut_where_the_authors_cut_it(
    golden: Golden, folder: Path, clip: Path
) -> None:
    window = 60
    model = opened(folder, paper=Budget(max_frames=8, max_words=40, context_tokens=window))
    watched = model.watch(clip, recipe="paper")
    _, visual = parts(watched)
    row = rows(golden, templates.asked(released(model, range(0, 16, 2))), visual, bos=True)
    prompt = embed_left_padded(golden.network, [row], window=window)
    (ids,) = answer_greedily(
        golden.network,
        prompt,
        max_new_tokens=16,
        eos_id=EOS,
        penalty=AnswerPenalty(1.5, bos_id=BOS),
    )
    answer = watched.ask(QUESTION, max_new_tokens=16)
    expected = text_of(tokenizer(), ids, left_out=[golden.pad_id])
    assert answer.text == templates.clean_answer(expected)
    assert answer.prompt_tokens == window
    dropped = len(row.input_ids) - window
    assert any(f"first {dropped} tokens" in warning for warning in answer.warnings)
    assert answer.visual_tokens < len(visual)


def test_vidqas_recipe_sees_the_whole_clip_and_streams_the_same_answer(
    folder: Path, clip: Path
) -> None:
    watched = opened(folder).watch(clip)
    assert watched.segments[-1].time_s > 1.5, "the authors' last frame is at 1.4 s"
    heard = " ".join(segment.text for segment in watched.segments).split()
    assert len(heard) >= sum(len(cue.text.split()) for cue in CUES)
    *pieces, answer = watched.stream(QUESTION, max_new_tokens=20)
    assert "".join(piece.text for piece in pieces) == answer.text  # type: ignore[union-attr]
    before, _ = parts(watched)
    assert before[:2] == [BOS, BOS]
    assert before.count(BOS) == 2, "<s> in the subtitles is only letters"


def test_what_does_not_fit_is_left_out_but_not_the_beginning(folder: Path, clip: Path) -> None:
    settings = json.loads((folder / "config.json").read_text())
    small = folder.parent / f"{folder.name}-small"
    small.mkdir()
    for file in folder.iterdir():
        (small / file.name).symlink_to(file)
    settings["text_config"]["max_position_embeddings"] = 230
    (small / "config.json").unlink()
    (small / "config.json").write_text(json.dumps(settings))
    watched = opened(small).watch(clip)
    before, visual = parts(watched)
    assert before[:2] == [BOS, BOS]
    assert len(before) <= 230 - 12 - 128
    assert 0 < len(watched.segments) < 8
    assert len(visual) == TOKENS_PER_FRAME * len(watched.segments)
    assert any("did not fit the model's context" in warning for warning in watched.warnings)
    assert watched.ask(QUESTION).text == watched.ask(QUESTION).text


CHOICES = ["the cat sleeps", "a dog", "the man reads slowly and long"]


def test_choices_are_ranked_as_the_authors_rank_them(
    golden: Golden, folder: Path, clip: Path
) -> None:
    model = opened(folder)
    watched = model.watch(clip, recipe="paper")
    _, visual = parts(watched)
    text = templates.trained(released(model, range(0, 16, 2)))
    row = rows(golden, text, visual, bos=False)
    limits = AnswerLimits(len(row.input_ids), 24)
    with torch.inference_mode():
        scores = score(
            golden.network,
            answer_batch(
                golden.network,
                [row] * len(CHOICES),
                [golden.answer(f"{choice}</s>") for choice in CHOICES],
                limits=limits,
                bos_id=BOS,
                pad_id=golden.pad_id,
            ),
        )
    by_sum = watched.rank(QUESTION, CHOICES, by="sum")
    assert [c.text for c in by_sum] == [CHOICES[i] for i in scores.summed_nll.argsort()]
    nlls = {choice.text: choice.nll for choice in by_sum}
    expected = scores.summed_nll.tolist()
    assert [nlls[text] for text in CHOICES] == pytest.approx(expected, abs=1e-3)
    by_token = watched.rank(QUESTION, CHOICES)
    assert [c.text for c in by_token] == [CHOICES[i] for i in scores.per_token.argsort()]
    assert sum(choice.probability for choice in by_token) == pytest.approx(1)


def test_ranking_needs_choices(folder: Path, clip: Path) -> None:
    watched = opened(folder).watch(clip)
    (only,) = watched.rank(QUESTION, ["yes"])
    assert only.probability == 1
    for nothing in ([], ["yes", " "]):
        with pytest.raises(UsageError, match="choose"):
            watched.rank(QUESTION, nothing)


def test_the_answers_ids_are_the_authors(golden: Golden, folder: Path, clip: Path) -> None:
    watched = opened(folder).watch(clip)
    (ids,) = piece_ids(tokenizer(), ["the cat</s>"], legacy=golden.legacy)
    assert watched._fitter.answer_ids("the cat") == ids


def test_the_recipe_paper_is_for_the_papers_models(folder: Path, clip: Path) -> None:
    with pytest.raises(UsageError, match="golden is not one of them"):
        opened(folder, paper=None).watch(clip, recipe="paper")
    with pytest.raises(UsageError, match="no such recipe"):
        opened(folder).watch(clip, recipe="cake")
    with pytest.raises(UsageError, match="chooses the frames"):
        opened(folder).watch(clip, recipe="paper", sampling=Sampling.parse("scene"))
    with pytest.raises(UsageError, match="each question stands alone"):
        opened(folder).watch(clip, recipe="paper").converse()
