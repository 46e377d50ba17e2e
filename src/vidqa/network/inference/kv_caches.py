"""KV caches of any network: vidqa's own, or transformers', which also come rounded."""

import copy
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from vidqa.errors import UsageError
from vidqa.network.native.kv_cache import KeyValueLayer
from vidqa.network.reading import reading
from vidqa.system.number_formats import FULL

BACKENDS = {"fp8": "fp8", "int4": "quanto"}
"""What rounds keys and values, by transformers' names."""
QUANTO = "optimum.quanto"


def require_kv_cache(folder: Path, kind: str) -> None:
    """Refuse rounded keys and values where a verified folder's model cannot hold them.

    Raises:
        UsageError: not every layer has keys and values that only grow, a library is missing, or
            there is no such kind.

    """
    if kind == FULL:
        return
    if kind not in BACKENDS:
        raise UsageError(f"--kv-cache {kind!r}: no such kind", hint="use full, fp8 or int4")
    from transformers import AutoConfig

    from vidqa.network.registration import register

    if kind == "fp8" and torch.tensor(1e3).to(torch.float8_e4m3fn).isnan():
        raise UsageError("--kv-cache fp8 needs a newer torch: this one loses what is too large")
    if BACKENDS[kind] == "quanto" and not _has_quanto():
        raise UsageError(
            f"--kv-cache {kind} needs optimum-quanto, which is not installed",
            hint="pip install 'vidqa[quantize]', or --kv-cache fp8",
        )
    register()
    with reading(folder):
        config: Any = AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    try:
        _rounded_cache(kind, config)
    except ImportError as error:
        raise UsageError(f"--kv-cache {kind} cannot be used: {error}") from error
    except ValueError as error:
        raise UsageError(
            f"--kv-cache {kind} is for models whose layers all attend to everything, unlike those "
            f"of {config.model_type}",
            hint="use --kv-cache full",
        ) from error


def round_keys_and_values(network: Any, kind: str) -> None:
    """Hold keys and values of one of transformers' networks as `require_kv_cache` allowed."""
    if kind != FULL:
        network.new_cache = partial(_rounded_cache, kind, network.config)


def _rounded_cache(kind: str, config: Any) -> Any:
    from transformers import QuantizedCache

    return QuantizedCache(BACKENDS[kind], config)


def _has_quanto() -> bool:
    return find_spec("optimum") is not None and find_spec(QUANTO) is not None


def new_cache(network: Any) -> Any:
    """Return an empty KV cache for a network."""
    make = getattr(network, "new_cache", None)
    if make is not None:
        return make()
    from transformers import DynamicCache

    return DynamicCache(config=network.config.get_text_config())


def is_plain(layer: Any) -> bool:
    """Return whether a layer only holds keys and values that grow by each token.

    Recurrent states and sliding windows are no such layers.
    """
    if isinstance(layer, KeyValueLayer):
        return True
    from transformers.cache_utils import DynamicLayer

    return type(layer) is DynamicLayer


def token_bytes(layer: Any) -> int:
    """Return the bytes that one token takes in a layer that is plain."""
    if isinstance(layer, KeyValueLayer):
        return layer.token_bytes
    return 2 * int(layer.keys.nbytes) // int(layer.keys.shape[2])


def branch_of(cache: Any) -> Any:
    """Return a copy that can be extended while the cache stays unchanged.

    Keys and values are shared, rounded or not: extending never writes where another one reads.
    Recurrent states and sliding windows are copied.
    """
    branch = copy.copy(cache)
    branch.layers = [_branch_of(layer) for layer in cache.layers]
    return branch


def _branch_of(layer: Any) -> Any:
    if isinstance(layer, KeyValueLayer):
        return layer.branch()
    return copy.copy(layer) if is_plain(layer) or _is_rounded(layer) else copy.deepcopy(layer)


def _is_rounded(layer: Any) -> bool:
    from transformers.cache_utils import BaseQuantizedLayer

    return isinstance(layer, BaseQuantizedLayer)
