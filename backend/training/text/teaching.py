"""Training the flow and the text encoder together, on cached latents and captions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...engines.pocket_text.words import UNKNOWN, Reading, Vocabulary
from ..ema import Ema
from ..loop import Moment, Plan, Reached, train
from ..optimise import muon
from .config import Config
from .encoder import TextEncoder, tensors
from .flow import Flow, times
from .latents import Latents

PLAIN = ("word.weight", "gram.weight", "place", "table", "enter.weight", "flow.leave.weight", "time.up.weight")
DROPPED = 0.1  # share of the texts that the network is not told, so that guidance has something to lean on
UNHEARD = 0.03  # share of the words that are taken for unknown ones, so that trigrams and context learn to stand in
SPREAD = (-0.2, 1.0)  # of the logit-normal times: a little more often early, where the shape is decided


class TextToLatents(nn.Module):
    """The text encoder and the flow; the names of its state dictionary are those of the shipped file."""

    def __init__(self, config: Config):
        super().__init__()
        self.text = TextEncoder(config.text, config.flow.width)
        self.flow = Flow(config.flow, config.autoencoder.channels)

    def forward(self, x: Tensor, t: Tensor, ids: Tensor, grams: Tensor, guidance: Tensor | None = None) -> Tensor:
        """(B,64,C), (B,), (B,N), (B,N,G) → velocity (B,64,C)."""
        return self.flow(x, t, *self.text(ids, grams), guidance)


class Reader:
    """Captions → ids, each read once."""

    def __init__(self, vocabulary: Vocabulary):
        self.read = lru_cache(maxsize=1_000_000)(vocabulary.read_text)

    def __call__(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        return tensors([self.read(text) for text in texts])

    def forgetful(self, texts: list[str], generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same, with some texts left out whole and some words taken for unknown ones."""
        nothing = Reading((), (), ())
        heard = torch.rand(len(texts), generator=generator) >= DROPPED
        ids, grams = tensors([self.read(text) if here else nothing for text, here in zip(texts, heard, strict=True)])
        unheard = (torch.rand(ids.shape, generator=generator) < UNHEARD) & (ids > 0)
        return ids.masked_fill(unheard, UNKNOWN), grams


def straight(latents: Tensor, t: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Latents and times → the point on the way from noise to each, and the velocity there."""
    noise = torch.randn(latents.shape, generator=generator)
    at = t[:, None, None]
    return at * latents + (1 - at) * noise, latents - noise


@torch.no_grad()
def validation(model: TextToLatents, latents: Tensor, ids: Tensor, grams: Tensor, seed: int = 0) -> float:
    """Mean squared error of the velocity at evenly spread times, the same noise every time."""
    generator = torch.Generator().manual_seed(seed)
    t = ((torch.arange(len(latents)) + 0.5) / len(latents))[torch.randperm(len(latents), generator=generator)]
    x, velocity = straight(latents, t, generator)
    total, device = 0.0, next(model.parameters()).device
    for rows in torch.arange(len(latents)).split(64):
        with torch.autocast(device.type, torch.bfloat16):
            v = model(*(given[rows].to(device) for given in (x, t, ids, grams)))
        total += float((v.float().cpu() - velocity[rows]).square().mean()) * len(rows)
    return total / len(latents)


def train_flow(
    config: Config,
    plan: Plan,
    latents: Latents,
    vocabulary: Vocabulary,
    folder: Path,
    size: int = 64,
    share: float = 0.25,
    device: torch.device | str = "cpu",
    piece: float = float("inf"),
    after_save: Any = None,
    facts: Mapping[str, Any] | None = None,
) -> tuple[TextToLatents, Reached]:
    """Trains, or goes on training, in ``folder``, with batches of ``size`` of which ``share`` are real objects; → the
    mean network and where it stands.
    """
    torch.manual_seed(plan.seed)
    model = TextToLatents(config).to(device)
    model.flow.guidance.requires_grad_(False)  # learns only when guidance is distilled
    optimiser = muon(model, plan.lr, 0.02, PLAIN)
    reader = Reader(vocabulary)
    kind = torch.device(device).type

    def loss(net: nn.Module, at: Moment) -> dict[str, Tensor]:
        target, texts = latents.draw(size, share, at.generator)
        ids, grams = reader.forgetful(texts, at.generator)
        t = times(size, at.generator, *SPREAD)
        x, velocity = straight(target, t, at.generator)
        with torch.autocast(kind, torch.bfloat16):
            v = net(x.to(device), t.to(device), ids.to(device), grams.to(device))
        error = (v.float() - velocity.to(device)).square().mean()
        return {"loss": error}

    ema, reached = train(model, optimiser, loss, plan, folder, piece, facts, after_save)
    return mean_of(model, ema), reached


def mean_of(model: TextToLatents, ema: Ema) -> TextToLatents:
    """``model`` with the mean's weights."""
    model.load_state_dict(ema.tensors)
    return model.eval()
