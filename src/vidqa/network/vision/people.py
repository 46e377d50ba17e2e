"""Where people are in frames, by their faces.

Letters in shapes: B batch, P places, N faces.
"""

import torch
from torch import Tensor
from torch.nn import functional

from vidqa.network.concept_columns import PEOPLE
from vidqa.network.vision.faces import FaceDetector

SURE = 0.4
"""The least probability of a face."""
SAME = 0.3
"""From so much overlap two boxes are one face: their intersection over their union."""
SIDE, STEP = 320, 32
"""Pixels of the longer side in which faces are looked for; sides are multiples of the step."""
SIDEWAYS, ABOVE, BELOW = 1.0, 0.3, 6.0
"""How far a body reaches beyond its face, in widths and heights of the face."""


def people_at(
    detector: FaceDetector, pixels: Tensor, image_sizes: Tensor | None, *, cells_per_side: int
) -> Tensor:
    """Look for people in frames.

    Args:
        detector: of faces.
        pixels: (B, 3, H, W), red, green and blue from 0 to 1, squashed to one size.
        image_sizes: (B, 2), height and width of each frame before that; squares if None.
        cells_per_side: places are so many cells a side, then 2 x 2 quadrants.

    Returns:
        (B, P, 2): 1 where a place lies within a person, or a person within the place; in the
        first column people who are alone in their frame, in the second those who are not.

    """
    found = [
        _faces(*detector(_unsquashed(frame, None if image_sizes is None else image_sizes[number])))
        for number, frame in enumerate(pixels.split(1))
    ]
    return torch.stack([places_of(faces, cells_per_side) for faces in found])


def places_of(faces: Tensor, cells_per_side: int) -> Tensor:
    """Return the places of one frame at which people are.

    Args:
        faces: (N, 4), left, top, right and bottom as shares of the frame.
        cells_per_side: as for `people_at`.

    Returns:
        (P, 2), as of `people_at`.

    """
    squares = torch.cat([_squares(cells_per_side), _squares(2)]).to(faces)  # (P, 4)
    columns = faces.new_zeros(len(squares), len(PEOPLE))
    if len(faces):
        columns[:, min(len(faces), len(PEOPLE)) - 1] = _shares(squares, _bodies(faces)).amax(dim=1)
    return columns


def _unsquashed(frame: Tensor, size: Tensor | None) -> Tensor:
    """Give a frame (1, 3, H, W) its own proportions again, from -1 to 1, for the detector."""
    height, width = (1, 1) if size is None else size.tolist()
    scale = SIDE / max(height, width)
    sides = [max(STEP, round(side * scale / STEP) * STEP) for side in (height, width)]
    # in fp32: torch does not know the filter in 16 bits
    resized = functional.interpolate(frame.float(), sides, mode="bilinear", antialias=True)
    return (resized * 2 - 1).to(frame.dtype)


def _faces(scores: Tensor, edges: Tensor) -> Tensor:
    """Return the edges (N, 4) of the faces among places: of those that overlap, the surest."""
    has_area = (edges[0, :, 2:] > edges[0, :, :2]).all(dim=-1)
    sure = (scores[0] >= SURE) & has_area
    order = scores[0, sure].argsort(descending=True, stable=True)
    left = edges[0, sure][order]
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[_overlap(best, left) < SAME]
    return torch.stack(kept) if kept else edges.new_zeros(0, 4)


def _overlap(box: Tensor, others: Tensor) -> Tensor:
    """Return intersection over union of a box (4,) with others (N, 4)."""
    shared = _area(_shared(box, others))
    union: Tensor = _area(box) + _area(others) - shared
    return shared / union.clamp(min=1e-9)


def _bodies(faces: Tensor) -> Tensor:
    """Return where whole people are, (N, 4), within the frame."""
    left, top, right, bottom = faces.unbind(-1)
    width, height = right - left, bottom - top
    edges = (
        left - SIDEWAYS * width,
        top - ABOVE * height,
        right + SIDEWAYS * width,
        bottom + BELOW * height,
    )
    return torch.stack(edges, dim=-1).clamp(0, 1)


def _shares(squares: Tensor, bodies: Tensor) -> Tensor:
    """Return what two areas share, over the smaller of them: (P, 4) and (N, 4) to (P, N)."""
    shared = _area(_shared(squares[:, None], bodies[None]))
    smaller = torch.minimum(_area(squares)[:, None], _area(bodies)[None])
    return shared / smaller.clamp(min=1e-9)


def _shared(one: Tensor, other: Tensor) -> Tensor:
    """Return the box that two boxes share; right of its right edge if they share none."""
    start = torch.maximum(one[..., :2], other[..., :2])
    end = torch.minimum(one[..., 2:], other[..., 2:])
    return torch.cat([start, end], dim=-1)


def _area(boxes: Tensor) -> Tensor:
    sides = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0)
    return sides[..., 0] * sides[..., 1]


def _squares(side: int) -> Tensor:
    """Return the squares of a grid, row by row: (side x side, 4)."""
    starts = torch.arange(side) / side
    top, left = torch.meshgrid(starts, starts, indexing="ij")
    corner = torch.stack([left, top], dim=-1).flatten(0, 1)
    return torch.cat([corner, corner + 1 / side], dim=1)
