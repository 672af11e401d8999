"""Training the autoencoder: what a good reconstruction is, and the steps towards it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..loop import Moment, Plan, Reached, train
from ..optimise import muon
from .autoencoder import Autoencoder
from .config import AutoencoderConfig
from .grids import Batch, Supply, varied

PLAIN = ("place", "enter.weight", "head.weight", "encoder.leave.weight")
QUIET, LOUD = 0.75, 0.9  # progress at which the noise begins and at which it is whole
OPPONENTS = torch.tensor([[0.58, 0.58, 0.58], [1.41, 0.0, -1.41], [-0.82, 1.63, -0.82]])  # rows of length 1, 2, 2
SHARPNESS = 5.0  # logit of "inside" at a distance of one band


def losses(sdf: Tensor, logits: Tensor, target: Batch) -> dict[str, Tensor]:
    """``sdf`` (B,64,64,64) and colour ``logits`` (B,3,32,32,32) against the truth → named means, "loss" their sum.

    Distance: absolute error, four times heavier within the band; beyond it only what falls short of it counts, so that
    the network need not draw a plateau. Occupancy: binary cross-entropy of the sign, which decides whether thin parts
    are there at all. Colour: absolute error near the surface of brightness and, twice as heavy, of two hues (red and
    blue, green and both), which vary less and would else be learned last.
    """
    sdf, truth = sdf.float(), target.sdf
    inside = truth.sign()
    within = truth.abs() < 1
    short = torch.where(within, (sdf - truth).abs(), functional.relu(1 - sdf * inside))
    weight = torch.where(within, 4.0, 1.0)
    distance = (short * weight).sum() / weight.sum()
    occupancy = functional.softplus(-SHARPNESS * sdf * inside)
    occupied = (occupancy * weight).sum() / weight.sum()
    near = target.near
    off = torch.einsum("oc,bcxyz->boxyz", OPPONENTS.to(sdf.device), logits.float().sigmoid() - target.rgb)
    colour = (off.abs().sum(1, keepdim=True) * near).sum() / near.sum().clamp(min=1) / 3
    return {
        "loss": distance + 0.5 * occupied + 2 * colour,
        "distance": distance,
        "occupied": occupied,
        "colour": colour,
    }


def loudness(progress: float) -> float:
    """Share of the noise on the latents: none for most of the training, all of it at its end."""
    return min(1.0, max(0.0, (progress - QUIET) / (LOUD - QUIET)))


def channels_last(model: Autoencoder) -> Autoencoder:
    """The same network, its kernels laid out for volumes whose channels are neighbours in memory: it is faster."""
    for module in model.modules():
        if isinstance(module, nn.Conv3d):
            module.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return model


def train_autoencoder(
    config: AutoencoderConfig,
    plan: Plan,
    supply: Supply,
    folder: Path,
    device: torch.device | str = "cpu",
    piece: float = float("inf"),
) -> tuple[Autoencoder, Reached]:
    """Trains, or goes on training, in ``folder``; → the mean network and where it stands."""
    torch.manual_seed(plan.seed)
    model = channels_last(Autoencoder(config)).to(device)
    optimiser = muon(model, plan.lr, 0.05, PLAIN)
    kind = torch.device(device).type

    def loss(net: nn.Module, at: Moment) -> dict[str, Tensor]:
        target = varied(supply.batch(at.step), at.generator).to(device)
        with torch.autocast(kind, torch.bfloat16):
            sdf, logits = net(target.sdf, target.seen(), config.noise * loudness(at.progress), at.generator)
        return losses(sdf, logits, target)

    ema, reached = train(model, optimiser, loss, plan, folder, piece, {"config": config.__dict__})
    model.load_state_dict(ema.tensors)
    return model, reached
