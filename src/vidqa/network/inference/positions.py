"""The positions of tokens where pictures count by rows and columns."""

from typing import Any

from torch import Tensor


def numbers_rows(network: Any) -> bool:
    """Return whether pictures count by rows and columns in a network's family."""
    return getattr(network.base_model, "get_rope_index", None) is not None


def positions_of(network: Any, input_ids: Tensor, grids: Tensor | None) -> Tensor | None:
    """Return the positions of tokens in families whose pictures count by rows and columns.

    Args:
        network: any family.
        input_ids: (1, T), from the beginning of the prompt.
        grids: (images, 3), patches of each picture along time, height and width.

    Returns:
        (3, 1, T), or None for families that number all tokens in a row.

    """
    if not numbers_rows(network):
        return None
    find: Any = network.base_model.get_rope_index
    kinds = (input_ids == network.config.image_token_id).int()  # (1, T), 1 for a picture
    found: tuple[Tensor, Tensor] = find(input_ids, mm_token_type_ids=kinds, image_grid_thw=grids)
    return found[0]
