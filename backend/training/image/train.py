"""Training in pieces: batches from a source, steps of the shared loop, validation that picks the weights.

A training's folder holds what ``loop.py`` writes, ``best.safetensors`` (the mean weights that did best on the
validation objects) and ``validation.jsonl``. Batches are made for the step that needs them, from its own seed, so
that a training in ten pieces sees what one in a single piece sees.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .. import checkpoint
from ..data.batch import Batch
from ..ema import Ema
from ..export import export
from ..loop import CHECKPOINT, Losses, Moment, Plan, Reached, train
from .config import Config
from .losses import losses
from .network import Pocket, warm_start
from .validate import better, validate

BEST = "best.safetensors"
VALIDATION = "validation.jsonl"
LIMIT = 22_000_000  # bytes that may ship
MEMORY = 0.8  # part of a device's memory that a step may fill
Source = Callable[[int, torch.Generator], Batch]  # how many samples, randomness on the CPU → a batch


@dataclass(frozen=True)
class Machine:
    """Where the training runs. ``half``: in bfloat16 where that is safe; ``compiled``: the transformer's blocks, which
    costs half a minute and pays on a GPU.
    """

    device: torch.device
    half: bool = True
    compiled: bool = False

    def precision(self) -> Any:
        return torch.autocast(self.device.type, torch.bfloat16) if self.half else nullcontext()


def build(config: Config, machine: Machine, start: dict[str, Tensor] | None = None) -> Pocket:
    """A network on its machine; ``start`` (Pocket 0, as a rule) lends what it shares."""
    model = Pocket(config.network, config.drop)
    if start is not None:
        warm_start(model, start)
    model.to(machine.device)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
        elif isinstance(module, nn.Conv3d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
    if machine.compiled:
        for block in model.blocks:
            block.compile()
    return model


def optimiser(model: nn.Module, config: Config) -> torch.optim.Optimizer:
    """AdamW; only what multiplies decays."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.lr, betas=(0.9, 0.98))


def step_loss(source: Source, config: Config, machine: Machine, micro: int) -> Callable[[nn.Module, Moment], Losses]:
    """The loss of one step for the loop, at most ``micro`` samples at once. Gradients of all parts but the last
    are already there when it returns.
    """

    def loss(model: nn.Module, moment: Moment) -> Losses:
        assert isinstance(model, Pocket)
        torch.manual_seed(int(torch.randint(2**62, (), generator=moment.generator)))  # of the residuals left out
        parts = -(-config.batch // micro)
        total: dict[str, Tensor] = {}
        for part in range(parts):
            count = (config.batch + part) // parts  # they differ by one at most, and add up to the batch
            batch = source(count, moment.generator)
            with machine.precision():
                found = losses(model, batch, config, moment.progress, moment.generator)
            found = {name: value * (count / config.batch) for name, value in found.items()}
            if part < parts - 1 and bool(torch.isfinite(found["loss"])):
                found["loss"].backward()
                found = {name: value.detach() for name, value in found.items()}
            total = {name: total.get(name, 0) + value for name, value in found.items()}
        return total

    return loss


def fitting(model: Pocket, source: Source, config: Config, machine: Machine) -> int:
    """Samples at once that memory holds: ``config.micro``, or as measured on one step with a few."""
    if config.micro or machine.device.type != "cuda":
        return config.micro or config.batch
    few = min(8, config.batch)
    generator = torch.Generator().manual_seed(0)
    torch.cuda.reset_peak_memory_stats(machine.device)
    before = torch.cuda.memory_allocated(machine.device)
    batch = source(few, generator)
    with machine.precision():
        losses(model, batch, config, 1.0, generator)["loss"].backward()
    model.zero_grad(set_to_none=True)
    each = (torch.cuda.max_memory_allocated(machine.device) - before) / few
    free = MEMORY * torch.cuda.get_device_properties(machine.device).total_memory - before
    micro = config.batch
    while micro > 1 and micro * each > free:
        micro = (micro + 1) // 2
    return micro


def run(
    config: Config,
    plan: Plan,
    machine: Machine,
    source: Source,
    check: Source,
    folder: Path,
    piece: float = float("inf"),
    start: dict[str, Tensor] | None = None,
    validate_every: float = 300.0,
    data: Mapping[str, Any] | None = None,
) -> Reached:
    """Trains for at most ``piece`` minutes. ``check`` draws the validation's batches; the checkpoint they like best is
    kept in BEST. ``data``: what ``source`` draws from, in words; a piece that goes on says the same.
    """
    begun = folder / CHECKPOINT
    known = checkpoint.facts(begun) if begun.exists() else {}
    model = build(config, machine, None if known else start)
    judge = Pocket(config.network, 0.0).to(machine.device).eval()
    # What is done at once decides what a step draws: as in the piece before, if it is not asked for.
    micro = config.micro or known.get("micro") or fitting(model, source, config, machine)
    last = [time.monotonic()]

    def after_save(_: nn.Module, ema: Ema, reached: Reached) -> None:
        if reached.finished or time.monotonic() - last[0] >= validate_every or not (folder / BEST).exists():
            judge.load_state_dict(ema.tensors)
            keep_best(judge, check, machine, folder, reached, config)
            last[0] = time.monotonic()

    _, reached = train(
        model,
        optimiser(model, config),
        step_loss(source, config, machine, micro),
        plan,
        folder,
        piece,
        {"config": {k: v for k, v in config.facts().items() if k != "micro"}, "micro": micro, "data": dict(data or {})},
        after_save,
    )
    return reached


def keep_best(
    model: Pocket, check: Source, machine: Machine, folder: Path, reached: Reached, config: Config
) -> dict[str, float]:
    """Validates ``model``, logs what came out, and writes BEST where it is better than what is there."""
    figures = validate(model, check, *config.checks, machine.precision)
    best = folder / BEST
    known = checkpoint.read(best)[1]["figures"] if best.exists() else None
    chosen = known is None or better(figures, known)
    if chosen:
        checkpoint.write(best, model.shipped(), {"config": config.facts(), "figures": figures, "step": reached.step})
    with open(folder / VALIDATION, "a", encoding="utf-8") as file:
        line = {"step": reached.step, "seconds": round(reached.seconds, 1), "best": chosen, **figures}
        file.write(json.dumps(line) + "\n")
    return figures


def ship(folder: Path, to: Path) -> int:
    """The best weights of a training → the file that the NumPy engine reads; → its size in bytes."""
    tensors, _ = checkpoint.read(folder / BEST)
    return export(tensors, to, LIMIT)


def speed(config: Config, machine: Machine, source: Source, steps: int = 10) -> dict[str, float]:
    """Images a second of whole steps after a few to warm up, and the part of the time that the data took."""
    model = build(config, machine).train()
    adam = optimiser(model, config)
    micro = fitting(model, source, config, machine)
    waited = [0.0]

    def timed(count: int, generator: torch.Generator) -> Batch:
        _settle(machine)
        begun = time.monotonic()
        batch = source(count, generator)
        _settle(machine)
        waited[0] += time.monotonic() - begun
        return batch

    loss = step_loss(timed, config, machine, micro)
    begun = time.monotonic()
    for step in range(-min(3, steps), steps):
        if step == 0:
            _settle(machine)
            begun, waited[0] = time.monotonic(), 0.0
        adam.zero_grad(set_to_none=True)
        loss(model, Moment(step, 1.0, torch.Generator().manual_seed(step + 10)))["loss"].backward()
        adam.step()
    _settle(machine)
    seconds = time.monotonic() - begun
    return {"images/s": steps * config.batch / seconds, "data": waited[0] / seconds, "micro": float(micro)}


def _settle(machine: Machine) -> None:
    if machine.device.type == "cuda":
        torch.cuda.synchronize(machine.device)
