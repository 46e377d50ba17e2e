"""A Llama decoder as an ONNX graph whose products are of integers of 8 or 4 bits.

Letters in shapes: B rows, T new tokens, K of them with logits, S room for tokens, D width, H heads,
E width of a head, V vocabulary.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper
from torch import Tensor

from vidqa.network.native.llama import Block, Llama, rotary_angles
from vidqa.network.native.quantized import BLOCK, quantize

OPERATORS, IR_VERSION = 21, 10
"""Of ONNX; all that a runtime of 2025 knows."""
CONTRIBUTED = "com.microsoft"
"""The domain of onnxruntime's own operators."""
INTEGER_PRODUCTS = 4
"""The level at which states, too, are rounded to 8 bits, a block at a time, as llama.cpp does."""
FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
TYPES = {np.dtype(np.float32): FLOAT, np.dtype(np.uint8): TensorProto.UINT8}


@dataclass(slots=True)
class DecoderGraph:
    """The graph of a decoder with its head, under construction.

    Inputs: `states` (B, T, D); `last` (B,), the place of each row's last token; `total` (), the
    largest of them and 1; `kept` (K,), which of the T tokens get logits; `keys.N` and `values.N`
    (B, H, S, E) of every layer, filled up to the new tokens.
    Outputs: `logits` (B, K, V); `new_keys.N` and `new_values.N`, the same memory filled up.
    """

    llama: Llama
    bits: int
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)
    """Arrays by name; they stay outside of the serialized graph."""
    _nodes: list[Any] = field(default_factory=list)

    def serialized(self) -> bytes:
        """Build the graph; return it as ONNX stores it, without the weights."""
        config = self.llama.config
        angles = self._angles()
        self._weight("cosines", angles.cos())
        self._weight("sines", angles.sin())
        layers: list[Any] = list(self.llama.layers)
        self._norm("states", layers[0].input_layernorm.weight, "normed.0")
        states = "states"
        following = [*(one.input_layernorm for one in layers[1:]), self.llama.norm]
        for number, (layer, after) in enumerate(zip(layers, following, strict=True)):
            states = self._layer(number, layer, states, after.weight)
        self._node("Gather", [f"normed.{len(layers)}", "kept"], ["last_states"], axis=1)
        self._product("last_states", [self.llama.embed_tokens.weight], "logits")
        graph = helper.make_graph(
            self._nodes,
            "decoder",
            [
                helper.make_tensor_value_info("states", FLOAT, ["B", "T", config.hidden_size]),
                helper.make_tensor_value_info("last", INT32, ["B"]),
                helper.make_tensor_value_info("total", INT32, []),
                helper.make_tensor_value_info("kept", INT64, ["K"]),
                *self._caches(""),
            ],
            [
                helper.make_tensor_value_info("logits", FLOAT, ["B", "K", config.vocab_size]),
                *self._caches("new_"),
            ],
            initializer=[_outside(name, array) for name, array in self.weights.items()],
        )
        opsets = [helper.make_opsetid("", OPERATORS), helper.make_opsetid(CONTRIBUTED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        serialized: bytes = model.SerializeToString()
        return serialized

    def _layer(self, number: int, layer: Block, states: str, norm_after: Tensor) -> str:
        """Add one layer behind `normed.N` and `states`; leave `normed.N+1`, return its states."""
        attention, feed, config = layer.self_attn, layer.mlp, self.llama.config
        q, k, v = (one.weight for one in (attention.q_proj, attention.k_proj, attention.v_proj))
        self._product(f"normed.{number}", [q, k, v], f"qkv.{number}")
        caches = [f"{name}.{number}" for name in ("keys", "values")]
        self._contributed(
            "GroupQueryAttention",
            [f"qkv.{number}", "", "", *caches, "last", "total", "cosines", "sines"],
            [f"attention.{number}", *(f"new_{name}" for name in caches)],
            num_heads=config.num_attention_heads,
            kv_num_heads=config.num_key_value_heads,
            scale=config.head_dim**-0.5,
            do_rotary=1,
        )
        self._product(f"attention.{number}", [attention.o_proj.weight], f"projected.{number}")
        between, after = f"between.{number}", f"states.{number}"
        self._added_norm(
            (f"projected.{number}", states),
            layer.post_attention_layernorm.weight,
            (f"fed.{number}", between),
        )
        self._product(f"fed.{number}", [feed.gate_proj.weight, feed.up_proj.weight], f"in.{number}")
        gate, up = f"gate.{number}", f"up.{number}"
        self._node("Split", [f"in.{number}"], [gate, up], axis=-1, num_outputs=2)
        self._contributed("QuickGelu", [gate], [f"activated.{number}"], alpha=1.0)  # x sigmoid(x)
        self._node("Mul", [f"activated.{number}", up], [f"gated.{number}"])
        self._product(f"gated.{number}", [feed.down_proj.weight], f"out.{number}")
        self._added_norm((f"out.{number}", between), norm_after, (f"normed.{number + 1}", after))
        return after

    def _product(self, states: str, parts: list[Tensor], result: str) -> None:
        """Multiply states by weights (N, K), one below the other."""
        rounded = quantize(parts, self.bits)
        names = [states]
        for kind in ("values", "scales", "zeros"):
            array = getattr(rounded, kind)
            if array is not None:
                names.append(f"{result}.{kind}")
                self.weights[names[-1]] = array
        self._contributed(
            "MatMulNBits",
            names,
            [result],
            K=parts[0].shape[1],
            N=sum(len(part) for part in parts),
            bits=self.bits,
            block_size=BLOCK,
            accuracy_level=INTEGER_PRODUCTS,
        )

    def _norm(self, states: str, weight: Tensor, result: str) -> None:
        self._node(
            "SimplifiedLayerNormalization",
            [states, self._weight(f"{result}.weight", weight)],
            [result],
            axis=-1,
            epsilon=self.llama.config.rms_norm_eps,
        )

    def _added_norm(
        self, summands: tuple[str, str], weight: Tensor, results: tuple[str, str]
    ) -> None:
        """Add two states; leave the sum normed, and as it is."""
        normed, plain = results
        self._contributed(
            "SkipSimplifiedLayerNormalization",
            [*summands, self._weight(f"{normed}.weight", weight)],
            [normed, "", "", plain],
            epsilon=self.llama.config.rms_norm_eps,
        )

    def _angles(self) -> Tensor:
        """Return the angles of positions, (positions, E/2); of some beyond the context, too."""
        config = self.llama.config
        return rotary_angles(config, torch.arange(2 * config.max_position_embeddings))

    def _caches(self, prefix: str) -> list[Any]:
        config = self.llama.config
        shape: list[str | int | None] = [
            "B",
            config.num_key_value_heads,
            f"{prefix}S",
            config.head_dim,
        ]
        return [
            helper.make_tensor_value_info(f"{prefix}{name}.{number}", FLOAT, shape)
            for number in range(config.num_hidden_layers)
            for name in ("keys", "values")
        ]

    def _weight(self, name: str, tensor: Tensor) -> str:
        self.weights[name] = np.ascontiguousarray(tensor.detach().float().numpy())
        return name

    def _contributed(
        self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any
    ) -> None:
        self._node(kind, inputs, outputs, domain=CONTRIBUTED, **attributes)

    def _node(self, kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        self._nodes.append(helper.make_node(kind, inputs, outputs, **attributes))


def _outside(name: str, array: NDArray[Any]) -> TensorProto:
    """Declare a weight that lies in a file of its name: no graph may be larger than 2 GB."""
    outside = TensorProto.EXTERNAL
    kind = TYPES[array.dtype]
    declared = TensorProto(name=name, dims=array.shape, data_type=kind, data_location=outside)
    for key, value in (("location", name), ("offset", "0"), ("length", str(array.nbytes))):
        declared.external_data.add(key=key, value=value)
    return declared
