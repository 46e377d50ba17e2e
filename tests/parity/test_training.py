"""Training and the ranking of answers: labels, losses and gradients of the recorded cases."""

import golden_files
import pytest
import torch
from batch_rows import Row
from batch_scoring import AnswerBatch, AnswerLimits, answer_batch, rank, score
from golden_model import BOS, Golden, load_with_adapter
from torch import Tensor

from vidqa.network.text.whole_answer import PAD_PIECE
from vidqa.prompt.paper import templates

pytestmark = pytest.mark.numbers

EMBEDDINGS_ATOL = 1e-5
LOSS_ATOL = 1e-4
GRADIENTS_RTOL = 1e-4


def rows_of(golden: Golden, instructions: list[str], pixels: Tensor) -> list[Row]:
    return [
        golden.row(templates.trained(text), video, bos=False)
        for text, video in zip(instructions, pixels, strict=True)
    ]


def batch_of(
    golden: Golden,
    instructions: list[str],
    pixels: Tensor,
    answers: list[str],
    limits: AnswerLimits,
    end: str,
) -> AnswerBatch:
    return answer_batch(
        golden.network,
        rows_of(golden, instructions, pixels),
        [golden.answer(text + end) for text in answers],
        limits=limits,
        bos_id=BOS,
        pad_id=golden.pad_id,
    )


def limits_of(case: dict[str, int]) -> AnswerLimits:
    return AnswerLimits(case["max_context_len"], case["max_txt_len"])


def video_batch(golden: Golden, **changes: int) -> AnswerBatch:
    case = golden.cases["E_train_video"]
    return batch_of(
        golden,
        case["instruction_input"],
        golden.images("E"),
        case["answer"],
        limits_of({**case, **changes}),
        case["end_sym"],
    )


@torch.inference_mode()
def test_videos(golden: Golden) -> None:
    case, expected = golden.cases["E_train_video"], golden.expected
    batch = video_batch(golden)
    embeddings = golden.network.model.embed(batch.input_ids, batch.visual_tokens)
    torch.testing.assert_close(
        embeddings, expected["E.inputs_embeds"], atol=EMBEDDINGS_ATOL, rtol=0
    )
    assert torch.equal(batch.attention_mask, expected["E.attention_mask"].long())
    assert torch.equal(batch.labels, expected["E.labels"])
    outputs = batch.forward(golden.network)
    assert outputs.loss is not None
    assert outputs.logits is not None
    places = expected["E.scored_positions"].long()
    torch.testing.assert_close(
        outputs.logits[places[:, 0], places[:, 1]],
        expected["E.scored_logits"],
        atol=LOSS_ATOL,
        rtol=0,
    )
    assert outputs.loss.item() == pytest.approx(case["loss_mean"], abs=LOSS_ATOL)
    single = score(golden.network, batch).released(limits_of(case))
    torch.testing.assert_close(single, torch.tensor(case["loss_none"]), atol=LOSS_ATOL, rtol=0)


@torch.inference_mode()
def test_a_prompt_that_is_cut(golden: Golden) -> None:
    case = golden.cases["E2_train_cut"]
    loss = video_batch(golden, max_context_len=case["max_context_len"]).forward(golden.network).loss
    assert loss is not None
    assert loss.item() == pytest.approx(case["loss_mean"], abs=LOSS_ATOL)


@torch.inference_mode()
def test_images_and_an_answer_with_the_padding_piece(golden: Golden) -> None:
    case, other = golden.cases["F_train_image"], golden.cases["F2_pad_piece_in_answer"]
    assert golden.pad_id == other["pad_token_id"]
    assert any(PAD_PIECE in text for text in other["answer"])
    end = golden.cases["E_train_video"]["end_sym"]
    for answers, expected in [(case["answer"], case), (other["answer"], other)]:
        batch = batch_of(
            golden, case["instruction_input"], golden.images("F"), answers, limits_of(case), end
        )
        loss = batch.forward(golden.network).loss
        assert loss is not None
        assert loss.item() == pytest.approx(expected["loss_mean"], abs=LOSS_ATOL)
        assert not (batch.labels == golden.pad_id).any()


@pytest.fixture(scope="session", params=golden_files.LLMS)
def trainable(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    """The golden model with its LoRA kept apart."""
    return load_with_adapter(request.param, tmp_path_factory.mktemp("adapter"))


def test_gradients(trainable: Golden) -> None:
    expected, norms = trainable.expected, trainable.cases["E_grads"]
    trainable.network.model.projector.requires_grad_(True)
    loss = video_batch(trainable).forward(trainable.network).loss
    assert loss is not None
    loss.backward()
    gradients = {
        _their_name(name): parameter.grad
        for name, parameter in trainable.network.named_parameters()
        if parameter.grad is not None
    }
    assert gradients.keys() == norms.keys()
    for name, norm in norms.items():
        gradient = gradients[name]
        assert gradient is not None
        assert gradient.norm().item() == pytest.approx(norm, rel=GRADIENTS_RTOL)
    start = "E.grad."
    recorded = {n.removeprefix(start): t for n, t in expected.items() if n.startswith(start)}
    assert recorded
    for name, gradient in recorded.items():
        got = gradients[name]
        assert got is not None
        assert (got - gradient).norm() <= GRADIENTS_RTOL * gradient.norm()


def _their_name(ours: str) -> str:
    if ours.startswith("model.projector.linear."):
        return ours.replace("model.projector.linear", "llama_proj")
    inner = ours.replace("model.language_model.", "model.").replace(".default", "")
    return f"llama_model.base_model.model.{inner}"


@torch.inference_mode()
def test_an_adapter_kept_apart_answers_as_the_merged_one(trainable: Golden) -> None:
    loss = video_batch(trainable).forward(trainable.network).loss
    assert loss is not None
    case = trainable.cases["E_train_video"]
    assert loss.item() == pytest.approx(case["loss_mean"], abs=LOSS_ATOL)


def choice_losses(golden: Golden, rows: list[Row], answers: list[list[str]]) -> Tensor:
    """(B, C), the authors' way: without the lengths of the choices."""
    case = golden.cases["E_train_video"]
    losses = []
    for texts in answers:
        batch = answer_batch(
            golden.network,
            rows,
            [golden.answer(text + case["end_sym"]) for text in texts],
            limits=limits_of(case),
            bos_id=BOS,
            pad_id=golden.pad_id,
        )
        losses.append(score(golden.network, batch).released(limits_of(case)))
    return torch.stack(losses, dim=1)


def expect_choices(got: Tensor, losses: list[list[float]], ranks: list[list[int]]) -> None:
    torch.testing.assert_close(got.T, torch.tensor(losses), atol=LOSS_ATOL, rtol=0)
    assert rank(got).tolist() == ranks


@torch.inference_mode()
def test_choices_for_images(golden: Golden) -> None:
    case = golden.cases["G_multi_select_image"]
    rows = rows_of(golden, case["instruction_input"], golden.images("F"))
    losses = choice_losses(golden, rows, case["answers"])
    expect_choices(losses, case["losses_per_answer_then_sample"], case["ranks"])
    ((name, ranks),) = [(k, v) for k, v in case.items() if k.startswith("ranks_num_cand_")]
    counts = [int(count) for count in name.removeprefix("ranks_num_cand_").split("_")]
    assert rank(losses, choices=counts).tolist() == ranks


@torch.inference_mode()
def test_choices_for_videos(golden: Golden) -> None:
    case = golden.cases["G_multi_select_video"]
    rows = rows_of(golden, case["instruction_input"], golden.images("E"))
    losses = choice_losses(golden, rows, case["answers"])
    expect_choices(losses, case["with_length"]["losses"], case["with_length"]["ranks"])


@torch.inference_mode()
def test_choices_for_videos_as_released(golden: Golden) -> None:
    """The authors' call gives question i the i-th of all frames; the other places stay empty."""
    case = golden.cases["G_multi_select_video"]
    rows = []
    for index, text in enumerate(case["instruction_input"]):
        frame = golden.images("E").flatten(0, 1)[index : index + 1]
        pieces = golden.pieces(templates.trained(text), bos=False)
        joined = [pieces[0], [token for piece in pieces[1:] for token in piece]]
        rows.append(golden.joined(joined, frame))
    losses = choice_losses(golden, rows, case["answers"])
    expect_choices(losses, case["as_released"]["losses"], case["as_released"]["ranks"])


@torch.inference_mode()
def test_the_score_per_token_does_not_prefer_short_answers(golden: Golden) -> None:
    case = golden.cases["E_train_video"]
    scores = score(golden.network, video_batch(golden))
    torch.testing.assert_close(scores.per_token * scores.tokens, scores.summed_nll)
    labels = golden.expected["E.labels"]
    assert scores.tokens.tolist() == (labels != -100).sum(-1).tolist()
    mean = scores.summed_nll.sum() / scores.tokens.sum()
    assert mean.item() == pytest.approx(case["loss_mean"], abs=LOSS_ATOL)
