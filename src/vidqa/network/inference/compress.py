"""Choose visual tokens that show something new, whatever is asked: a kept prefix stays valid.

The rule is that of EVS (Efficient Video Sampling, arXiv 2510.14624), made so that every frame keeps
a token: of all tokens those stay that differ most from their place in the frame before.

Letters in shapes: F frames, N visual tokens a frame, D the decoder's width, L deeper layers.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

DECIMALS = 3
"""Of a difference: of tokens that hardly differ the earlier ones stay."""


@torch.inference_mode()
def kept_tokens(frames: Sequence[Tensor], compress: int) -> Tensor:
    """Return which visual tokens are kept, (F, N), on the CPU.

    The first frame keeps all; every other keeps at least the one that differs most.

    Args:
        frames: the visual tokens of each, (N, (1 + L) D), in the order of time.
        compress: of so many tokens one is kept, unless these rules keep more.

    """
    count, places = len(frames), len(frames[0])
    if count == 1:
        return torch.ones(1, places, dtype=torch.bool)
    pairs = pairwise(frames)
    changes = [1 - cosine_similarity(now.float(), then.float(), dim=-1) for then, now in pairs]
    news = torch.stack(changes).cpu().round(decimals=DECIMALS)  # (F-1, N)
    news.scatter_(1, news.argmax(dim=1, keepdim=True), torch.inf)
    news = torch.cat([torch.full((1, places), torch.inf), news])  # (F, N)
    wanted = max(ceil(count * places / compress), places + count - 1)
    newest = news.flatten().argsort(descending=True, stable=True)[:wanted]
    kept = torch.zeros(count * places, dtype=torch.bool)
    kept[newest] = True
    return kept.view(count, places)
