"""The loop that all trainings share: pieces of a few minutes that add up, whatever cuts them off.

A training is a folder with ``checkpoint.safetensors`` (weights, their mean, the optimiser, how far it is) and one
``log.jsonl``. Calling ``train`` again goes on where the last whole checkpoint left off. Randomness is a function of
the seed and the step alone, so that a training planned in steps gives the same weights in one piece or in ten; one
planned in minutes reads its clock, which stands still between pieces. SIGTERM and Ctrl-C end a piece at the next step
with a checkpoint; a kill costs what was done since the last one.
"""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import JobError
from . import checkpoint
from .ema import Ema

CHECKPOINT = "checkpoint.safetensors"
LOG = "log.jsonl"
PATIENCE = 50  # steps in a row that may fail before the training is given up
SAME = ("config", "data")  # facts that a checkpoint and the call that goes on with it share

Losses = Mapping[str, Tensor]


@dataclass(frozen=True)
class Moment:
    """One step of a training. ``generator`` is on the CPU, seeded by the plan's seed and the step; ``progress`` in
    [0, 1].
    """

    step: int
    progress: float
    generator: torch.Generator


Loss = Callable[[nn.Module, Moment], Losses]


class Diverged(Exception):
    """Too many steps in a row were not finite."""

    def __init__(self, steps: int):
        super().__init__(f"{steps} steps in a row gave no finite loss. Begin again with a smaller learning rate.")


class OtherTraining(JobError):
    """A folder's checkpoint is of another configuration, or of other data, than what is to go on."""

    code = "other_training"


@dataclass(frozen=True)
class Plan:
    """How long, how fast. Either ``minutes`` of the training's own clock or ``steps`` says when it is over.

    The learning rate rises over ``warmup`` steps and then falls to ``end`` of its peak along a cosine (Loshchilov &
    Hutter 2017) of the progress, after staying at the peak for the share ``hold`` of it.
    """

    minutes: float = 0.0
    steps: int = 0
    seed: int = 0
    lr: float = 1e-3
    warmup: int = 100
    hold: float = 0.0
    end: float = 0.02
    ema: float = 0.999
    clip: float = 1.0
    save_every: float = 120.0  # seconds
    log_every: int = 20  # steps

    def progress(self, step: int, seconds: float) -> float:
        """0 at the start, 1 at the end."""
        return min(1.0, step / self.steps if self.steps else seconds / max(self.minutes * 60, 1e-9))

    def rate(self, step: int, progress: float) -> float:
        """The learning rate of a step."""
        late = max(0.0, progress - self.hold) / max(1 - self.hold, 1e-9)
        fall = self.end + (1 - self.end) * 0.5 * (1 + math.cos(math.pi * min(1.0, late)))
        return self.lr * fall * min(1.0, (step + 1) / max(self.warmup, 1))


@dataclass
class Reached:
    """Where a training stands. ``finished``: nothing is left of its plan."""

    step: int = 0
    seconds: float = 0.0
    skipped: int = 0
    finished: bool = False


def train(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    loss: Loss,
    plan: Plan,
    folder: Path,
    piece: float = math.inf,
    facts: Mapping[str, Any] | None = None,
    after_save: Callable[[nn.Module, Ema, Reached], None] | None = None,
) -> tuple[Ema, Reached]:
    """Trains ``model`` for at most ``piece`` minutes now, or to the end of ``plan``.

    ``loss(model, moment)`` → named scalars; "loss" is descended, the others are logged. ``facts`` go into the
    checkpoint; those in SAME must be what they were in the piece before. ``after_save(model, mean, reached)`` runs
    after each checkpoint. Raises Diverged and OtherTraining.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ema, reached = Ema(model, plan.ema), Reached()
    path = folder / CHECKPOINT
    if path.exists():
        reached = _resume(path, model, optimiser, ema, facts or {})
    failures, begun, saved = 0, time.monotonic(), time.monotonic()
    at_start, sums, count = reached.seconds, {}, 0  # type: float, dict[str, float], int

    def save() -> None:
        tensors = {
            **checkpoint.prefixed(model.state_dict(), "model"),
            **checkpoint.prefixed(ema.tensors, "ema"),
            **checkpoint.prefixed(checkpoint.optimiser_tensors(optimiser), "optimiser"),
        }
        where = {"step": reached.step, "seconds": reached.seconds, "skipped": reached.skipped, "ema": ema.count}
        checkpoint.write(path, tensors, {**(facts or {}), "reached": where})
        if after_save is not None:
            after_save(model, ema, reached)

    with interruption() as interrupted:
        while True:
            reached.seconds = at_start + time.monotonic() - begun
            progress = plan.progress(reached.step, reached.seconds)
            reached.finished = progress >= 1
            if reached.finished or interrupted() or time.monotonic() - begun >= piece * 60:
                break
            rate = plan.rate(reached.step, progress)
            generator = torch.Generator().manual_seed((plan.seed << 32) + reached.step)
            values = _step(model, optimiser, loss, plan, Moment(reached.step, progress, generator), rate)
            reached.step += 1
            if values is None:
                reached.skipped, failures = reached.skipped + 1, failures + 1
                if failures >= PATIENCE:
                    raise Diverged(failures)
            else:
                failures = 0
                ema.update(model)
                sums = {key: sums.get(key, 0.0) + value for key, value in values.items()}
                count += 1
            if reached.step % plan.log_every == 0 and count:
                means = {key: round(value / count, 5) for key, value in sums.items()}
                log(folder, {"step": reached.step, "seconds": round(reached.seconds, 1), "rate": rate, **means})
                sums, count = {}, 0
            if time.monotonic() - saved >= plan.save_every:
                save()
                saved = time.monotonic()
        save()
    log(folder, {"step": reached.step, "seconds": round(reached.seconds, 1), "skipped": reached.skipped, "saved": True})
    return ema, reached


def _step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    loss: Loss,
    plan: Plan,
    moment: Moment,
    rate: float,
) -> dict[str, float] | None:
    """One step, or None where the loss or its gradient is not finite: the weights are then left alone."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad(set_to_none=True)
    losses = loss(model, moment)
    if not bool(torch.isfinite(losses["loss"])):
        return None
    losses["loss"].backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
    if not bool(torch.isfinite(norm)):
        return None
    optimiser.step()
    return {**{key: value.item() for key, value in losses.items()}, "norm": norm.item()}


def _resume(
    path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, ema: Ema, wanted: Mapping[str, Any]
) -> Reached:
    tensors, facts = checkpoint.read(path)
    _agree(path.parent, facts, wanted)
    where = facts["reached"]
    model.load_state_dict(checkpoint.part(tensors, "model"))
    ema.restore(checkpoint.part(tensors, "ema"), where["ema"])
    checkpoint.restore_optimiser(optimiser, checkpoint.part(tensors, "optimiser"))
    return Reached(where["step"], where["seconds"], where["skipped"])


def _agree(folder: Path, there: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raises OtherTraining where both say something in SAME, and not the same, as JSON has it."""
    for name in (name for name in SAME if name in there and name in wanted):
        old, new = there[name], json.loads(json.dumps(wanted[name]))
        if old != new:
            apart = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
            told = ", ".join(f"{key} was {old.get(key)} and is {new.get(key)} now" for key in apart)
            raise OtherTraining(
                f"{folder} holds another training: {told}.", "Give the same options as before, or another --out."
            )


def log(folder: Path, line: Mapping[str, Any]) -> None:
    """Adds ``line`` to the training's log and prints it."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOG, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    told = (f"{key} {value:.5g}" if isinstance(value, float) else f"{key} {value}" for key, value in line.items())
    print(" ".join(told), flush=True)


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Yields a question: has SIGTERM or Ctrl-C come since? The handlers are put back at the end."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: it was not Python's
