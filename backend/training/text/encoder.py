"""The text encoder: words and their trigrams → a short sequence of vectors, of which the first sums up the text.

``backend.engines.pocket_text.words`` turns a text into ids; what a token says is its word's vector plus the mean of its
trigrams' vectors (subword sums: Bojanowski et al. 2017), so that rare words share what they have in common. The summary
token stands before the words (BERT's first token: Devlin et al. 2019); alone it is the empty text, which guidance
needs.

Shipped tensors (prefix ``text.``; T = width, D = the flow's width): ``word.weight`` (words, T), row 0 zero, row 1 the
unknown word · ``gram.weight`` (grams, T), row 0 zero · ``summary`` (T) · ``place`` (length, T), of the words ·
``blocks.i.…`` as in ``blocks.Block`` · ``leave.{weight,bias}`` (D, T).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...engines.pocket_text.words import GRAMS, Reading
from .blocks import Block, normalise
from .config import TextConfig


class TextEncoder(nn.Module):
    """Ids → vectors of the flow's width."""

    def __init__(self, config: TextConfig, out: int):
        super().__init__()
        self.config = config
        self.word = nn.Embedding(config.words, config.width, padding_idx=0)
        self.gram = nn.Embedding(config.grams, config.width, padding_idx=0)
        self.summary = nn.Parameter(torch.randn(config.width))
        self.place = nn.Parameter(0.1 * torch.randn(config.length, config.width))
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.blocks))
        self.leave = nn.Linear(config.width, out)

    def forward(self, ids: Tensor, grams: Tensor) -> tuple[Tensor, Tensor]:
        """``ids`` (B,N) int64, 0 after the end; ``grams`` (B,N,G) int64, 0 where there is none; N may be 0.

        → (B,1+N,D) vectors, the summary first, and (B,1+N) bool, True where there is one. What stands for the text as
        a whole is the first vector.
        """
        b, n = ids.shape
        count = (grams > 0).sum(-1, keepdim=True).clamp(min=1)
        x = self.word(ids) + self.gram(grams).sum(2) / count + self.place[:n]
        x = torch.cat([self.summary.expand(b, 1, -1), x], 1)
        mask = torch.cat(
            [torch.ones_like(ids[:, :1], dtype=torch.bool) if n else ids.new_ones(b, 1).bool(), ids > 0], 1
        )
        for block in self.blocks:
            x = block(x, mask)
        return self.leave(normalise(x)), mask


def tensors(readings: Sequence[Reading], device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Readings → ``ids`` (B,N) and ``grams`` (B,N,GRAMS) int64, N the longest of them."""
    longest = max((len(reading.ids) for reading in readings), default=0)
    ids = torch.zeros(len(readings), longest, dtype=torch.long)
    grams = torch.zeros(len(readings), longest, GRAMS, dtype=torch.long)
    for i, reading in enumerate(readings):
        ids[i, : len(reading.ids)] = torch.tensor(reading.ids, dtype=torch.long)
        for j, some in enumerate(reading.grams):
            grams[i, j, : len(some)] = torch.tensor(some, dtype=torch.long)
    return ids.to(device), grams.to(device)
