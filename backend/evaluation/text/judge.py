"""Who judges: a small network that has learned from renders of training objects what they are called.

It sees four views along the axes and says the family and the main colour; a caption encoder of its own, trained with
it, puts renders and captions into one space (CLIP's contrastive loss, Radford et al. 2021), for retrieval. It shares
nothing with Pocket Text: neither weights nor words nor code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .retrieve import words
from .views import CHANNELS, VIEWS

WIDTHS = (48, 96, 128)  # channels at 16², 8² and 4²
EMBEDDING = 96


@dataclass(frozen=True)
class Labels:
    """What the judge can say: names in the order of its outputs, and the words and word pairs that it reads."""

    families: tuple[str, ...]
    colours: tuple[str, ...]
    terms: tuple[str, ...]

    def read(self, caption: str) -> list[int]:
        """Indices of the caption's known words and neighbouring pairs, from 1; 0 stands for nothing."""
        return [self._index[t] for t in terms(caption) if t in self._index]

    @cached_property
    def _index(self) -> dict[str, int]:
        return {t: i for i, t in enumerate(self.terms, start=1)}


@dataclass(frozen=True)
class Verdict:
    """For n objects: ``family`` and ``colour`` (n,) names, ``embedding`` (n, EMBEDDING) float32 of length 1."""

    family: tuple[str, ...]
    colour: tuple[str, ...]
    embedding: np.ndarray


def terms(caption: str) -> list[str]:
    """Words, and pairs of neighbours, so that a red chair with blue legs is not a blue one with red legs."""
    found = list(words(caption))
    return found + [f"{a} {b}" for a, b in pairwise(found)]


class Judge(nn.Module):
    """See the module's head. Inputs are pictures (n, 4, CHANNELS, 32, 32) uint8 of ``views``."""

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        self.labels = labels
        first, second, third = WIDTHS
        self.look = nn.Sequential(
            *(nn.Conv2d(CHANNELS, first, 4, 2, 1), nn.GroupNorm(8, first), nn.SiLU()),
            *(nn.Conv2d(first, second, 3, 2, 1), nn.GroupNorm(8, second), nn.SiLU()),
            *(nn.Conv2d(second, third, 3, 2, 1), nn.GroupNorm(8, third), nn.SiLU()),
        )
        self.place = nn.Linear(WIDTHS[-1] * 16, 128)
        self.join = nn.Sequential(nn.SiLU(), nn.Dropout(0.2), nn.Linear(128 * len(VIEWS), 256), nn.SiLU())
        self.family = nn.Linear(256, len(labels.families))
        self.colour = nn.Linear(256, len(labels.colours))
        self.picture = nn.Linear(256, EMBEDDING)
        self.term = nn.Embedding(len(labels.terms) + 1, 128, padding_idx=0)
        self.caption = nn.Sequential(nn.Linear(128, 256), nn.SiLU(), nn.Linear(256, EMBEDDING))
        self.sharpness = nn.Parameter(torch.tensor(2.5))

    def features(self, pictures: Tensor) -> Tensor:
        """(n, 4, C, 32, 32) uint8 or float in [0, 255] → (n, 256)."""
        n, count = pictures.shape[:2]
        x = self.look(pictures.flatten(0, 1).float() / 255 - 0.25)
        return self.join(self.place(x.flatten(1)).view(n, count * 128))

    def embed_pictures(self, features: Tensor) -> Tensor:
        """(n, 256) → (n, EMBEDDING) of length 1."""
        return functional.normalize(self.picture(features), dim=-1)

    def embed_captions(self, captions: Sequence[str]) -> Tensor:
        """→ (n, EMBEDDING) of length 1: the mean of what its terms mean, through a small network."""
        read = [self.labels.read(c) or [0] for c in captions]
        index = torch.zeros(len(read), max(map(len, read)), dtype=torch.long)
        for row, found in zip(index, read, strict=True):
            row[: len(found)] = torch.tensor(found)
        index = index.to(self.term.weight.device)
        known = (index > 0).sum(1, keepdim=True).clamp(min=1)
        return functional.normalize(self.caption(self.term(index).sum(1) / known.sqrt()), dim=-1)

    @torch.inference_mode()
    def judge(self, pictures: np.ndarray, batch: int = 64) -> Verdict:
        """Pictures (n, 4, CHANNELS, 32, 32) uint8 → what they show."""
        self.eval()
        device = self.term.weight.device
        family: list[str] = []
        colour: list[str] = []
        embedding = [np.zeros((0, EMBEDDING), np.float32)]
        for start in range(0, len(pictures), batch):
            x = self.features(torch.from_numpy(pictures[start : start + batch]).to(device))
            family += [self.labels.families[i] for i in self.family(x).argmax(1).tolist()]
            colour += [self.labels.colours[i] for i in self.colour(x).argmax(1).tolist()]
            embedding.append(self.embed_pictures(x).float().cpu().numpy())
        return Verdict(tuple(family), tuple(colour), np.concatenate(embedding))

    @torch.inference_mode()
    def read(self, captions: Sequence[str]) -> np.ndarray:
        """(n, EMBEDDING) float32 of length 1."""
        self.eval()
        return self.embed_captions(captions).float().cpu().numpy()
