"""All of a training's state in one safetensors file: tensors, and a JSON text in the file's own header.

One file, because two could be of different moments after a kill between them; it is written beside its place and
renamed onto it, so that whoever opens it finds a whole one, old or new.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor


def write(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Atomic and durable; ``facts`` is JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    whole = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()}
    save_file(whole, beside, {"facts": json.dumps(facts)})
    with open(beside, "r+b") as file:  # Windows syncs only what may be written
        os.fsync(file.fileno())
    os.replace(beside, path)


def read(path: Path, device: str | torch.device = "cpu") -> tuple[dict[str, Tensor], dict[str, Any]]:
    """(tensors, facts) as they were written."""
    with safe_open(path, "pt", device=str(device)) as file:
        return {key: file.get_tensor(key) for key in file.keys()}, _facts(file)  # noqa: SIM118 (no mapping)


def facts(path: Path) -> dict[str, Any]:
    """The facts alone, without reading the tensors."""
    with safe_open(path, "pt") as file:
        return _facts(file)


def _facts(file: Any) -> dict[str, Any]:
    return json.loads((file.metadata() or {}).get("facts", "{}"))  # type: ignore[no-any-return]


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Those whose names begin with ``prefix.``, without it."""
    begin = prefix + "."
    return {key[len(begin) :]: tensor for key, tensor in tensors.items() if key.startswith(begin)}


def prefixed(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The inverse of ``part``."""
    return {f"{prefix}.{key}": tensor for key, tensor in tensors.items()}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's state as flat tensors, "parameter number.name"."""
    state = optimiser.state_dict()["state"]
    return {
        f"{index}.{name}": torch.as_tensor(value) for index, values in state.items() for name, value in values.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """The inverse of ``optimiser_tensors``; learning rates stay those of ``optimiser``."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
