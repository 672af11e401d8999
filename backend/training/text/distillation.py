"""From fifty evaluations of the flow to a handful: first its guidance, then its steps.

Guidance (Meng et al. 2023, stage one): a student is told the strength g and learns in one evaluation what the teacher
needs two for. Steps (progressive distillation: Salimans & Ho 2022, in the velocity form): a student of N steps learns
to go in one step where its teacher goes in two, N halving from round to round. Guidance comes first; the other way
round fails (FlashVDM: Lai et al. 2025, §4). Each round is a training of its own that can be cut off and gone on with.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..loop import Moment, Plan, train
from ..optimise import muon
from .latents import Latents
from .sampling import Settings, schedule
from .teaching import PLAIN, Reader, TextToLatents, mean_of, straight, times

STRONGEST = 8.0  # guidance strengths are drawn from 1 to here, evenly on a logarithmic scale


def distil(
    teacher: TextToLatents,
    settings: Settings,
    plan: Plan,
    latents: Latents,
    reader: Reader,
    folder: Path,
    halvings: Sequence[int] = (16, 8),
    size: int = 64,
    share: float = 0.25,
    device: torch.device | str = "cpu",
    piece: float = math.inf,
    facts: Mapping[str, Any] | None = None,
) -> tuple[TextToLatents, Settings, bool]:
    """All rounds, each as long as ``plan`` says: guidance, then students of ``halvings`` steps.

    ``facts`` go into each round's checkpoint. → the last student, its settings, and whether every round is finished.
    """
    finished = True
    for steps in (0, *halvings):
        name = f"{steps}-steps" if steps else "guidance"
        teacher, finished = _round(
            teacher, settings, steps, plan, latents, reader, folder / name, size, share, device, piece,
            facts,
        )  # fmt: skip
        settings = replace(settings, distilled=True, steps=steps or settings.steps)
        if not finished:
            break
    return teacher, settings, finished


def _round(
    teacher: TextToLatents,
    settings: Settings,
    steps: int,
    plan: Plan,
    latents: Latents,
    reader: Reader,
    folder: Path,
    size: int,
    share: float,
    device: torch.device | str,
    piece: float,
    facts: Mapping[str, Any] | None,
) -> tuple[TextToLatents, bool]:
    teacher = teacher.to(device).eval().requires_grad_(False)
    student = copy.deepcopy(teacher).requires_grad_(True).train()
    kind = torch.device(device).type

    def loss(net: nn.Module, at: Moment) -> dict[str, Tensor]:
        target, texts = latents.draw(size, share, at.generator)
        ids, grams = (tensor.to(device) for tensor in reader(texts))
        strength = STRONGEST ** torch.rand(size, generator=at.generator)
        with torch.autocast(kind, torch.bfloat16):
            if steps:
                t, then, way = _stretch(steps, settings.shift, size, at.generator)
                x = straight(target, t, at.generator)[0].to(device)
                wanted = _two_steps(teacher, x, t.to(device), then.to(device), way.to(device), ids, grams, strength)
            else:
                t = times(size, at.generator)
                x = straight(target, t, at.generator)[0].to(device)
                wanted = guided(teacher, x, t.to(device), ids, grams, strength.to(device))
            v = net(x, t.to(device), ids, grams, strength.to(device))
        return {"loss": (v.float() - wanted.float()).square().mean()}

    ema, reached = train(student, muon(student, plan.lr, 0.0, PLAIN), loss, plan, folder, piece, facts)
    return mean_of(student, ema), reached.finished


@torch.no_grad()
def guided(teacher: TextToLatents, x: Tensor, t: Tensor, ids: Tensor, grams: Tensor, strength: Tensor) -> Tensor:
    """The teacher's guided velocity (B,64,C), a strength (B,) for each."""
    told, nothing = teacher(x, t, ids, grams), teacher(x, t, ids[:, :0], grams[:, :0])
    return nothing + strength[:, None, None] * (told - nothing)


def _stretch(steps: int, shift: float, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Random steps of a schedule of ``steps``: where each begins, where the teacher stops on the way, where it ends."""
    fine = schedule(2 * steps, shift).float()
    at = 2 * torch.randint(steps, (count,), generator=generator)
    return fine[at], fine[at + 1], fine[at + 2]


@torch.no_grad()
def _two_steps(
    teacher: TextToLatents,
    x: Tensor,
    t: Tensor,
    then: Tensor,
    last: Tensor,
    ids: Tensor,
    grams: Tensor,
    strength: Tensor,
) -> Tensor:
    """The mean velocity of two of the teacher's steps: from ``t`` over ``then`` to ``last``."""
    strength = strength.to(x.device)
    first = teacher(x, t, ids, grams, strength).float()
    halfway = x + (then - t)[:, None, None] * first
    second = teacher(halfway, then, ids, grams, strength).float()
    share = ((then - t) / (last - t))[:, None, None]
    return share * first + (1 - share) * second
