"""KV caches of any network: vidqa's own, or transformers'."""

import copy
from typing import Any

from vidqa.network.native.kv_cache import KeyValueLayer


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

    Keys and values are shared, not copied: extending never writes where another one reads.
    Recurrent states and sliding windows are copied.
    """
    branch = copy.copy(cache)
    branch.layers = [_branch_of(layer) for layer in cache.layers]
    return branch


def _branch_of(layer: Any) -> Any:
    if isinstance(layer, KeyValueLayer):
        return layer.branch()
    return copy.copy(layer) if is_plain(layer) else copy.deepcopy(layer)
