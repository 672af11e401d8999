"""The mean of a network over its last steps, which samples better than the last step does."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Ema:
    """Exponential moving average of a state dictionary in float32 (Polyak & Juditsky 1992; Karras et al. 2024, §3).

    The decay grows as (1 + n) / (10 + n) up to ``decay``, so that the first, poor weights are soon forgotten.
    """

    def __init__(self, model: nn.Module, decay: float):
        self.decay = decay
        self.count = 0
        self.tensors = {key: value.detach().clone() for key, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.count += 1
        keep = min(self.decay, (1 + self.count) / (10 + self.count))
        for key, value in model.state_dict().items():
            mine = self.tensors[key]
            if mine.is_floating_point():
                mine.lerp_(value.to(mine.dtype), 1 - keep)
            else:
                mine.copy_(value)

    def restore(self, tensors: Mapping[str, Tensor], count: int) -> None:
        """Puts back what ``tensors`` and ``count`` were."""
        for key, mine in self.tensors.items():
            mine.copy_(tensors[key])
        self.count = count
