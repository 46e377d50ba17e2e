"""A Llama decoder (arXiv 2302.13971): the operations of transformers' class, in the same order.

Letters in shapes: B batch, T tokens, S tokens so far, D width, H heads, E width of a head.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from vidqa.network.native.config import TextConfig
from vidqa.network.native.kv_cache import KeyValueCache


class Embedding(nn.Embedding):
    """Word embeddings that are loaded: nothing is drawn for them."""

    def reset_parameters(self) -> None:
        """Leave the weights as they are; drawing them on no device imports torch's compiler."""


class RmsNorm(nn.Module):
    """Scale by the root of the mean square (arXiv 1910.07467), which is taken in float32."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))
        self.epsilon = epsilon

    def forward(self, states: Tensor) -> Tensor:
        """Take (B, T, D) to (B, T, D)."""
        wide = states.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return self.weight * wide.to(states.dtype)


class Attention(nn.Module):
    """Grouped-query attention (arXiv 2305.13245) with rotary positions (arXiv 2104.09864)."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        width, self.head_dim = config.hidden_size, config.head_dim
        self.groups = config.num_attention_heads // config.num_key_value_heads
        inner = config.num_attention_heads * self.head_dim
        narrow = config.num_key_value_heads * self.head_dim
        self.q_proj = nn.Linear(width, inner, bias=False)
        self.k_proj = nn.Linear(width, narrow, bias=False)
        self.v_proj = nn.Linear(width, narrow, bias=False)
        self.o_proj = nn.Linear(inner, width, bias=False)

    def forward(
        self,
        states: Tensor,
        turns: tuple[Tensor, Tensor],
        mask: Tensor | None,
        cache: KeyValueCache,
        layer: int,
    ) -> Tensor:
        """Take (B, T, D) to (B, T, D); the cache grows by T.

        Args:
            states: of new tokens.
            turns: cosines and sines of their positions, (B, 1, T, E) each.
            mask: (B or 1, 1, T, S), True where a token is read; None: all up to its own place.
            cache: of the tokens before.
            layer: its number in the cache.

        """
        batch, tokens, _ = states.shape
        queries, keys, values = (
            project(states).view(batch, tokens, -1, self.head_dim).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )  # (B, H, T, E)
        queries, keys = _turned(queries, *turns), _turned(keys, *turns)
        keys, values = cache.update(keys, values, layer)
        seen = self._attend(queries, keys, values, mask)  # (B, H, T, E)
        projected: Tensor = self.o_proj(seen.transpose(1, 2).reshape(batch, tokens, -1))
        return projected

    def _attend(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
        scale, tokens = self.head_dim**-0.5, queries.shape[2]
        if mask is None:
            return functional.scaled_dot_product_attention(
                queries, keys, values, is_causal=tokens > 1, scale=scale, enable_gqa=self.groups > 1
            )
        if tokens == 1 and self.groups > 1:  # the queries of a group as if they were tokens
            grouped = queries.reshape(queries.shape[0], keys.shape[1], self.groups, -1)
            seen = functional.scaled_dot_product_attention(
                grouped, keys, values, attn_mask=mask, scale=scale
            )
            return seen.reshape(queries.shape)
        return functional.scaled_dot_product_attention(
            queries,
            keys.repeat_interleave(self.groups, dim=1),
            values.repeat_interleave(self.groups, dim=1),
            attn_mask=mask,
            scale=scale,
        )


class FeedForward(nn.Module):
    """SwiGLU (arXiv 2002.05202)."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, states: Tensor) -> Tensor:
        """Take (B, T, D) to (B, T, D)."""
        gated = functional.silu(self.gate_proj(states)) * self.up_proj(states)
        projected: Tensor = self.down_proj(gated)
        return projected


class Block(nn.Module):
    """One layer."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = FeedForward(config)
        self.input_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self,
        states: Tensor,
        turns: tuple[Tensor, Tensor],
        mask: Tensor | None,
        cache: KeyValueCache,
        layer: int,
    ) -> Tensor:
        """Take (B, T, D) to (B, T, D). See `Attention`."""
        states = states + self.self_attn(self.input_layernorm(states), turns, mask, cache, layer)
        forwarded: Tensor = states + self.mlp(self.post_attention_layernorm(states))
        return forwarded


class Llama(nn.Module):
    """The decoder without its head."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_hidden_layers))
        self.norm = RmsNorm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self,
        states: Tensor,
        cache: KeyValueCache,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
    ) -> Tensor:
        """Take embeddings (B, T, D) to hidden states (B, T, D); the cache grows by T.

        Args:
            states: of new tokens.
            cache: of the tokens before.
            attention_mask: (B, S), 0 where padding is; None: nowhere.
            position_ids: (B, T); counted on from the cache if None.

        """
        tokens, before = states.shape[1], cache.get_seq_length()
        if position_ids is None:
            position_ids = torch.arange(before, before + tokens, device=states.device)[None]
        if attention_mask is not None and len(states) == 1 and bool(attention_mask.all()):
            attention_mask = None
        mask = _mask(states, before, attention_mask)
        turns = self._turns(position_ids, states.dtype)
        for number, layer in enumerate(self.layers):
            states = layer(states, turns, mask, cache, number)
        normed: Tensor = self.norm(states)
        return normed

    def _turns(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return cosines and sines of positions (B, T), as (B, 1, T, E)."""
        angles = rotary_angles(self.config, positions)
        angles = torch.cat((angles, angles), dim=-1).unsqueeze(1)
        return angles.cos().to(dtype), angles.sin().to(dtype)


def rotary_angles(config: TextConfig, positions: Tensor) -> Tensor:
    """Return by which angles positions (...) turn pairs of numbers, (..., E/2)."""
    width, base = config.head_dim, config.rope_theta
    steps = torch.arange(0, width, 2, dtype=torch.float, device=positions.device) / width
    return positions[..., None].float() * (1.0 / base**steps)


def _mask(states: Tensor, before: int, attention_mask: Tensor | None) -> Tensor | None:
    """Return which tokens are read by which, (B or 1, 1, T, S); None: all up to its own place."""
    tokens = states.shape[1]
    if attention_mask is None and (tokens == 1 or not before):
        return None
    ends = torch.arange(before, before + tokens, device=states.device)[:, None]
    mask = torch.arange(before + tokens, device=states.device)[None] <= ends  # (T, S)
    mask = mask[None, None]
    return mask if attention_mask is None else mask & attention_mask[:, None, None].bool()


def _turned(states: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn pairs of numbers by their positions: the first half pairs with the second."""
    first, second = states.chunk(2, dim=-1)
    return states * cosines + torch.cat((-second, first), dim=-1) * sines
