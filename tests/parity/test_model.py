"""The network: every recorded tensor of the inference cases, for both decoders."""

import pytest
import torch
from batch_answers import answer_greedily
from batch_rows import Embedded, embed_left_padded
from golden_model import BOS, EOS, Golden, tokenizer
from torch import Tensor

from vidqa.network.inference.decode import decode, prefill_prefix, prefill_question
from vidqa.network.inference.token_sampling import AnswerPenalty, Sampling, TokenChooser
from vidqa.network.text.detokenize import text_of
from vidqa.prompt.paper import templates as prompts
from vidqa.prompt.paper.limits import LLAMA2, MISTRAL

pytestmark = pytest.mark.numbers

TOWER_ATOL = 1e-5
LOGITS_ATOL = 1e-4
"""The tolerances that the golden files' README names."""
WINDOWS = {"llama": LLAMA2.context_tokens, "mistral": MISTRAL.context_tokens}


def close(got: Tensor, expected: Tensor, atol: float) -> None:
    torch.testing.assert_close(got, expected, atol=atol, rtol=0)


def embed(golden: Golden, case: str, texts: list[str]) -> Embedded:
    rows = [golden.row(text, video) for text, video in zip(texts, golden.images(case), strict=True)]
    return embed_left_padded(golden.network, rows, window=WINDOWS[golden.llm])


def score(golden: Golden, prompt: Embedded) -> Tensor:
    return golden.network(
        inputs_embeds=prompt.inputs_embeds,
        attention_mask=prompt.attention_mask,
        position_ids=prompt.position_ids,
    ).logits


def expect_greedy(golden: Golden, prompt: Embedded, case: dict[str, object]) -> None:
    """The recorded ids; where two tokens were too close to call, one of them."""
    settings = case["generate_kwargs"]
    assert isinstance(settings, dict)
    penalty = AnswerPenalty(settings["repetition_penalty"], bos_id=BOS)
    got = answer_greedily(
        golden.network,
        prompt,
        max_new_tokens=settings["max_new_tokens"],
        eos_id=EOS,
        penalty=penalty,
    )
    new_ids = case["new_ids"]
    assert isinstance(new_ids, list)
    expected = [ids[: ids.index(EOS) + 1] if EOS in ids else ids for ids in new_ids]
    if float(str(case["min_top1_top2_margin"])) > 10 * LOGITS_ATOL:
        assert got == expected
        texts = [
            prompts.clean_answer(text_of(tokenizer(), ids, left_out=[golden.pad_id])) for ids in got
        ]
        assert texts == case["answers"]
        assert [EOS in ids for ids in got] == case["stopped_by_eos"]
    for row, ids in enumerate(expected):
        expect_likely(golden, prompt, row, ids, penalty)


def expect_likely(
    golden: Golden, prompt: Embedded, row: int, ids: list[int], penalty: AnswerPenalty
) -> None:
    """No token of a recorded answer is less likely than another by more than the tolerance."""
    answer = torch.tensor([ids])
    embeddings = torch.cat(
        [
            prompt.inputs_embeds[row : row + 1],
            golden.network.get_input_embeddings()(answer[:, :-1]),
        ],
        dim=1,
    )
    mask = torch.cat([prompt.attention_mask[row : row + 1], torch.ones_like(answer[:, :-1])], dim=1)
    logits = score(golden, Embedded(embeddings, mask))[:, -len(ids) :]
    for step, token in enumerate(ids):
        scores = penalty(answer[:, :step], logits[:, step])[0]
        assert scores[token] >= scores.max() - 10 * LOGITS_ATOL


@torch.inference_mode()
def test_tower(golden: Golden) -> None:
    tower, seen = golden.network.model.vision_tower, {}
    hooks = [
        layer.register_forward_hook(lambda _m, _i, out, index=index: seen.update({index: out}))
        for index, layer in enumerate(tower.encoder.layers)
    ]
    (frames,) = golden.images("A")
    features = golden.network.get_image_features(frames)
    for hook in hooks:
        hook.remove()
    for index, out in seen.items():
        close(out, golden.expected[f"A.vit_block{index}"], TOWER_ATOL)
    close(seen[len(seen) - 1], golden.expected["A.vit_out"], TOWER_ATOL)
    close(tower(frames).last_hidden_state, golden.expected["A.ln_out"], TOWER_ATOL)
    joined = features.last_hidden_state.flatten(1).view_as(golden.expected["A.concat_in"])
    close(joined, golden.expected["A.concat_in"], TOWER_ATOL)
    close(torch.stack(features.pooler_output), golden.expected["A.proj_out"], TOWER_ATOL)


@torch.inference_mode()
def test_final_norm(golden: Golden) -> None:
    """The eps behind the tower is ten times the one inside it."""
    norm = golden.network.model.vision_tower.post_layernorm
    close(norm(golden.expected["ln_probe.in"]), golden.expected["ln_probe.out"], TOWER_ATOL)


@torch.inference_mode()
def test_one_video(golden: Golden) -> None:
    case = golden.cases["A_infer_subs"]
    assert golden.pieces(case["prompt"], bos=True) == case["seg_ids"]
    prompt = embed(golden, "A", [case["prompt"]])
    close(prompt.inputs_embeds, golden.expected["A.inputs_embeds"], TOWER_ATOL)
    close(score(golden, prompt), golden.expected["A.prefill_logits"], LOGITS_ATOL)
    greedy = [name for name in case if name.startswith("greedy")]
    assert greedy
    for name in greedy:
        expect_greedy(golden, prompt, case[name])


@torch.inference_mode()
def test_the_engines_decoding_writes_the_same(golden: Golden) -> None:
    case = golden.cases["A_infer_subs"]
    row = golden.row(case["prompt"], golden.images("A")[0])
    split = len(golden.pieces(case["prompt"], bos=True)[-1])
    prefix = prefill_prefix(golden.network, row.input_ids[None, :-split], row.visual_tokens)
    logits = prefill_question(golden.network, row.input_ids[None, -split:], prefix)
    for name in [name for name in case if name.startswith("greedy")]:
        settings, (expected,) = case[name]["generate_kwargs"], case[name]["new_ids"]
        if case[name]["min_top1_top2_margin"] <= 10 * LOGITS_ATOL:
            continue
        chooser = TokenChooser(
            Sampling(), AnswerPenalty(settings["repetition_penalty"], bos_id=BOS)
        )
        context = prefill_prefix(golden.network, row.input_ids[None, :-split], row.visual_tokens)
        first = prefill_question(golden.network, row.input_ids[None, -split:], context)
        torch.testing.assert_close(first, logits)
        written = decode(golden.network, first, context, chooser)
        assert [next(written) for _ in expected] == expected


@torch.inference_mode()
def test_a_batch_of_videos(golden: Golden) -> None:
    case = golden.cases["B_eval_batch"]
    assert [prompts.evaluated(text) for text in case["dataset_texts"]] == case["prompts"]
    assert [golden.pieces(text, bos=True) for text in case["prompts"]] == case["seg_ids"]
    prompt = embed(golden, "B", case["prompts"])
    close(prompt.inputs_embeds, golden.expected["B.inputs_embeds"], TOWER_ATOL)
    mask = golden.expected["B.attention_mask"]
    assert torch.equal(prompt.attention_mask, mask.to(prompt.attention_mask))
    logits = score(golden, prompt) * mask.unsqueeze(-1)
    close(logits, golden.expected["B.prefill_logits"], LOGITS_ATOL)
    expect_greedy(golden, prompt, case)


@torch.inference_mode()
def test_single_images(golden: Golden) -> None:
    case = golden.cases["C_image_batch"]
    prompt = embed(golden, "C", case["prompts"])
    expect_greedy(golden, prompt, case)


@torch.inference_mode()
def test_a_prompt_longer_than_the_window(golden: Golden) -> None:
    case, expected = golden.cases["D_truncation"], golden.expected
    (frames,) = golden.images("D")
    words = [""] * case["n_frames"]
    words[case["cap_frame"]] = case["subtitle_unit"] * case["repeats"]
    text = prompts.asked(prompts.body(prompts.interleave(words), case["instruction"]))
    row = golden.row(text, frames)
    assert len(row.input_ids) == case["full_length"]
    assert WINDOWS[golden.llm] == case["window"]
    prompt = embed_left_padded(golden.network, [row], window=case["window"])
    assert len(row.input_ids) - prompt.inputs_embeds.shape[1] == case["dropped_from_left"]
    first, last = expected["D.first_embs"].squeeze(0), expected["D.last_embs"].squeeze(0)
    close(prompt.inputs_embeds[0, : len(first)], first, TOWER_ATOL)
    close(prompt.inputs_embeds[0, -len(last) :], last, TOWER_ATOL)
    logits = score(golden, prompt)[0, -1]
    close(logits, expected["D.last_logits"].flatten(), LOGITS_ATOL)
    expect_greedy(golden, prompt, case)
