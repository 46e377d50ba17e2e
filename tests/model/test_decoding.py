"""Canonical prefill and decoding, on every family of models."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers.cache_utils import DynamicLayer

from families import MAKERS, family_spec
from vidqa.network.inference import decode as decoding
from vidqa.network.inference.decode import Context
from vidqa.network.inference.frame_encoder import FRAMES_AT_ONCE, NOT_PICTURES, FrameEncoder
from vidqa.network.inference.kv_caches import new_cache
from vidqa.network.inference.positions import numbers_rows
from vidqa.network.inference.prompt_ids import Pictures, Turn, ids_of, tokenize_prompt
from vidqa.network.inference.token_sampling import Sampling, TokenChooser
from vidqa.network.inference.visual_features import visual_tokens
from vidqa.network.loading import Loaded, load_folder
from vidqa.network.text.detokenize import TextStream
from vidqa.prompt.form import PromptForm
from vidqa.prompt.interleave import user_content
from vidqa.types import Segment

pytestmark = pytest.mark.numbers

SEGMENTS = (
    Segment(0.5, "hello there"),
    Segment(1.5, ""),
    Segment(2.5, "the cat is called Chelsea"),
)


class Case:
    """A loaded family and one clip of three frames."""

    def __init__(self, family: str, folder: Path) -> None:
        make = MAKERS[family]
        self.spec = family_spec(family)
        self.loaded: Loaded = load_folder(make(folder), device="cpu", dtype="float32")
        self.turn = self.turned(SEGMENTS)
        generator = np.random.default_rng(0)
        frames = [generator.integers(0, 255, (48, 64, 3)).astype(np.uint8) for _ in SEGMENTS]
        self.encoder = self.encoded(frames)
        self.pictures = self.encoder.place(self.turn.prefix_text, range(len(frames)))
        self.question = tokenize_prompt(
            self.loaded, self.turn, "Is there a cat?", self.pictures.input_ids
        )

    def turned(self, segments: Sequence[Segment]) -> Turn:
        return Turn(
            self.loaded.chat_template,
            lambda question: user_content(segments, question, PromptForm()),
            template_kwargs=self.spec.family.template_kwargs,
        )

    def encoded(self, frames: Sequence[np.ndarray], *, compress: int = 1) -> FrameEncoder:
        encoder = FrameEncoder(
            self.loaded,
            self.spec.family.image_kwargs,
            processor_kwargs=self.spec.family.processor_kwargs,
            compress=compress,
        )
        for pixels in frames:
            encoder.push(pixels)
        encoder.flush()
        return encoder

    def prefix(self, pictures: Pictures | None = None) -> Context:
        pictures = pictures or self.pictures
        return decoding.prefill_prefix(
            self.loaded.network,
            pictures.input_ids,
            pictures.visual_tokens,
            form=pictures.form,
            positions=pictures.positions,
        )

    def answer(self, prefix: Context, sampling: Sampling, count: int = 8) -> list[int]:
        context = prefix.branch()
        logits = decoding.prefill_question(self.loaded.network, self.question.question_ids, context)
        tokens = decoding.decode(self.loaded.network, logits, context, TokenChooser(sampling))
        return list(islice(tokens, count))

    def scores(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (T, V) of one whole forward without a cache."""
        pictures = self.pictures
        encoded = pictures.form.encoded(pictures.visual_tokens)
        given = {}
        grids = self.encoder.state()[0].get("grids")
        if grids is not None:
            kinds = (ids == self.loaded.network.config.image_token_id).int()
            given = {"image_grid_thw": grids, "mm_token_type_ids": kinds}
        with torch.inference_mode():
            outputs = self.loaded.network(
                input_ids=ids, mm_encoder_outputs={"image": encoded}, **given
            )
        return outputs.logits[0]


@pytest.fixture(scope="module", params=list(MAKERS))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(request.param, tmp_path_factory.mktemp(request.param))


def test_a_text_alone_is_read_as_in_one_forward(case: Case) -> None:
    network = case.loaded.network
    ids = ids_of(case.loaded.tokenizer, "Is there a cat? Say what you see.")[None]
    context = Context(new_cache(network), 0 if numbers_rows(network) else None)
    for part in (ids[:, :3], ids[:, 3:]):
        logits = decoding.prefill_question(network, part, context)
    with torch.inference_mode():
        whole = network(input_ids=ids).logits[0, -1:]
    torch.testing.assert_close(logits, whole, rtol=1e-4, atol=1e-5)


def test_placeholders_equal_visual_tokens(case: Case) -> None:
    places = case.pictures.input_ids == case.loaded.network.config.image_token_id
    assert int(places.sum()) == len(case.pictures.visual_tokens)
    assert len(case.pictures.visual_tokens) % len(SEGMENTS) == 0


def test_words_stand_behind_their_frame(case: Case) -> None:
    text, mark = case.turn.prefix_text, case.loaded.image_mark
    first, second, third = [i for i in range(len(text)) if text.startswith(mark, i)]
    assert first < text.index("hello there") < second < third < text.index("Chelsea")


def test_cached_logits_equal_uncached(case: Case) -> None:
    prefix = case.prefix()
    cached = decoding.prefill_question(
        case.loaded.network, case.question.question_ids, copy.deepcopy(prefix)
    )
    whole = case.scores(torch.cat([case.pictures.input_ids, case.question.question_ids], dim=1))
    torch.testing.assert_close(cached[0], whole[-1], atol=1e-5, rtol=1e-4)


def test_small_chunks_change_nothing_but_rounding(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = case.answer(case.prefix(), Sampling())
    monkeypatch.setattr(decoding, "PREFILL_CHUNK_TOKENS", 7)
    assert case.answer(case.prefix(), Sampling()) == expected


def test_reused_prefix_gives_the_same_answer(case: Case) -> None:
    prefix = case.prefix()
    first = case.answer(prefix, Sampling())
    assert case.answer(prefix, Sampling()) == first
    assert case.answer(case.prefix(), Sampling()) == first


def test_a_branch_reads_on_and_leaves_the_rest_as_it_was(case: Case) -> None:
    prefix = case.prefix()
    before = copy.deepcopy(prefix)
    branches = [prefix.branch(), prefix.branch()]
    layers = zip(prefix.cache.layers, branches[0].cache.layers, strict=True)
    shared = [one.keys is two.keys for one, two in layers if type(one) is DynamicLayer]
    assert shared
    assert all(shared)
    network, ids = case.loaded.network, case.question.question_ids
    # both read on in turns, each as if it were alone
    logits = [decoding.prefill_question(network, ids, branch) for branch in branches]
    ahead = [decoding.decode(network, one, branch, TokenChooser(Sampling()))
             for one, branch in zip(logits, branches, strict=True)]  # fmt: skip
    tokens = list(islice(zip(*ahead, strict=False), 6))
    assert all(one == two for one, two in tokens)
    assert [one for one, _ in tokens] == case.answer(before, Sampling(), 6)
    assert prefix.cache.get_seq_length() == before.cache.get_seq_length()
    assert case.answer(prefix, Sampling()) == case.answer(before, Sampling())


def test_greedy_tokens_are_what_a_whole_forward_prefers(case: Case) -> None:
    prefix = case.prefix()
    tokens = case.answer(prefix, Sampling())
    ids = torch.cat(
        [case.pictures.input_ids, case.question.question_ids, torch.tensor([tokens])], dim=1
    )
    best = case.scores(ids)[-len(tokens) - 1 : -1].argmax(-1)
    assert best.tolist() == tokens


def test_draws_follow_the_seed(case: Case) -> None:
    prefix = case.prefix()
    hot = Sampling(temperature=2.0, seed=1)
    assert case.answer(prefix, hot) == case.answer(prefix, hot)
    others = [case.answer(prefix, Sampling(temperature=2.0, seed=seed)) for seed in range(2, 6)]
    assert any(other != case.answer(prefix, hot) for other in others)


def test_top_p_near_zero_is_greedy(case: Case) -> None:
    prefix = case.prefix()
    narrow = Sampling(temperature=1.0, top_p=1e-6)
    assert case.answer(prefix, narrow) == case.answer(prefix, Sampling())


def test_pictures_change_the_answer(case: Case) -> None:
    none = torch.zeros_like(case.pictures.visual_tokens)
    blank = replace(case.pictures, visual_tokens=none)
    seen, unseen = (
        decoding.prefill_question(
            case.loaded.network,
            case.question.question_ids,
            case.prefix(p),
        )
        for p in (case.pictures, blank)
    )
    assert not torch.allclose(seen, unseen)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"temperature": -1.0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_p": 0.0}, "top_p"),
        ({"top_p": 1.5}, "top_p"),
    ],
)
def test_senseless_sampling_is_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sampling(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["Grüße, 世界! 🎬🐈 done", "  padded  ", "", "a\n\nb "])
def test_streamed_pieces_join_to_the_whole(case: Case, text: str) -> None:
    stream = TextStream(case.loaded.tokenizer)
    ids = case.loaded.tokenizer(text, add_special_tokens=False).input_ids
    pieces = [stream.push(token) for token in ids]
    pieces.append(stream.finish())
    assert "".join(pieces) == stream.text == text.strip()
    assert not any("\ufffd" in piece for piece in pieces)


@pytest.mark.parametrize("count", [1, 3, FRAMES_AT_ONCE + 4])
def test_frames_encoded_in_batches_are_placed_as_the_processor_places_them(
    case: Case, count: int
) -> None:
    generator = np.random.default_rng(1)
    frames = [generator.integers(0, 255, (48, 64, 3)).astype(np.uint8) for _ in range(count)]
    segments = [Segment(number, f"word {number}" * (number % 2)) for number in range(count)]
    turn = case.turned(segments)
    placed = case.encoded(frames).place(turn.prefix_text, range(len(frames)))
    whole = case.loaded.processor(
        text=[turn.prefix_text],
        images=[frames],
        return_tensors="pt",
        text_kwargs={"add_special_tokens": False},
        images_kwargs={"input_data_format": "channels_last", **case.spec.family.image_kwargs},
        **case.spec.family.processor_kwargs,
    )
    assert placed.input_ids.tolist() == whole["input_ids"].tolist()
    pixels = {k: v for k, v in whole.items() if k not in NOT_PICTURES}
    with torch.inference_mode():
        tokens, _ = visual_tokens(case.loaded.network.get_image_features(**pixels))
    torch.testing.assert_close(placed.visual_tokens, tokens, atol=1e-5, rtol=1e-5)
