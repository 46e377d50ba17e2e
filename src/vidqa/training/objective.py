"""The training loss."""

from typing import Any

from peft import PeftModel
from torch import Tensor, nn
from torch.nn import functional
from transformers.modeling_outputs import BaseModelOutputWithPooling

from vidqa.training.data.packing import UNSCORED


class AnswerLoss(nn.Module):
    """The mean cross entropy over all answer tokens of a batch."""

    def __init__(self, network: nn.Module) -> None:
        """Take a model of vidqa's own class, wrapped by PEFT or not."""
        super().__init__()
        self.network = network

    def forward(
        self,
        input_ids: Tensor,
        position_ids: Tensor,
        attention_mask: Tensor,
        labels: Tensor,
        places: Tensor,
    ) -> Tensor:
        """Return the loss, a scalar. Shapes are those of `packing.Batch`."""
        network = self._inner()
        projected = network.model.projector(places.to(network.dtype))  # (I, P/k, text width)
        pictures: Any = tuple(projected.unbind(0))
        hidden = network.model(
            input_ids=input_ids,
            position_ids=position_ids,
            attention_mask=attention_mask,
            use_cache=False,
            mm_encoder_outputs={"image": BaseModelOutputWithPooling(pooler_output=pictures)},
        ).last_hidden_state  # (B, T, text width)
        wanted = labels[:, 1:] != UNSCORED  # (B, T-1)
        logits = network.lm_head(hidden[:, :-1][wanted])  # (answer tokens, V)
        return functional.cross_entropy(logits.float(), labels[:, 1:][wanted])

    def _inner(self) -> Any:
        network: Any = self.network
        return network.base_model.model if isinstance(network, PeftModel) else network
