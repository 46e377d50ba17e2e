"""What `vidqa train` computes is what the authors' training computed: losses and gradients."""

from pathlib import Path

import golden_files
import pytest
import torch
from golden_model import BOS, Golden, load_with_adapter
from torch import Tensor

from vidqa.prompt.paper import templates
from vidqa.training.data.packing import pack
from vidqa.training.data.samples import Exchange, Lesson
from vidqa.training.objective import AnswerLoss

pytestmark = pytest.mark.numbers

LOSS_ATOL = 1e-4
GRADIENTS_RTOL = 1e-4
CASES = {"E_train_video": "E", "F_train_image": "F"}


def lessons_of(golden: Golden, case: str) -> list[Lesson]:
    """The recorded samples, each a clip with one question, long answers cut as theirs were."""
    facts = golden.cases[case]
    end = golden.cases["E_train_video"]["end_sym"]
    return [
        Lesson(
            places_of(golden, pixels),
            [BOS, *row[:-1]],
            [Exchange(row[-1:], golden.answer(answer + end)[: facts["max_txt_len"]])],
        )
        for text, answer, pixels in zip(
            facts["instruction_input"], facts["answer"], golden.images(CASES[case]), strict=True
        )
        for row in [golden.row(templates.trained(text), pixels, bos=False).input_ids.tolist()]
    ]


@torch.inference_mode()
def places_of(golden: Golden, pixels: Tensor) -> Tensor:
    """(F, P, D)"""
    return golden.network.get_image_features(pixels).last_hidden_state.clone()


def loss_of(golden: Golden, case: str) -> Tensor:
    batch = pack(lessons_of(golden, case), pad_id=0).to(torch.device("cpu"))
    loss: Tensor = AnswerLoss(golden.network)(**batch)
    return loss


@pytest.mark.parametrize("case", CASES)
def test_losses(golden: Golden, case: str) -> None:
    with torch.no_grad():
        loss = loss_of(golden, case).item()
    assert loss == pytest.approx(golden.cases[case]["loss_mean"], abs=LOSS_ATOL)


@pytest.mark.parametrize("llm", golden_files.LLMS)
def test_gradients(llm: str, tmp_path: Path) -> None:
    golden = load_with_adapter(llm, tmp_path)
    golden.network.model.projector.requires_grad_(True)
    loss_of(golden, "E_train_video").backward()  # type: ignore[no-untyped-call]
    norms = golden.cases["E_grads"]
    found = [p.grad for p in golden.network.parameters() if p.grad is not None]
    got = sorted(float(gradient.norm()) for gradient in found)
    assert got == pytest.approx(sorted(norms.values()), rel=GRADIENTS_RTOL)
