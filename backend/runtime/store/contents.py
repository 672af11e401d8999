"""What a file of weights holds: names, shapes and types, without loading it and without running anything in it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadRuntime, BadWeights
from ..weights import read_header

PICKLED = (".pth", ".pt", ".ckpt", ".bin")  # torch's own kind; only torch can read them safely
WRAPPERS = ("state_dict", "model_state_dict", "model", "params", "params_ema", "ema")
SAFE_SINCE = (2, 6)  # before it, weights_only=True could be got round (CVE-2025-32434)
FIX = "Get the file again from where it was published."

Shapes = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Tensor:
    """``dtype`` as safetensors names it (F16, BF16, I64 …)."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Difference:
    """How a file departs from what an engine expects; names in order."""

    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    misshapen: tuple[str, ...] = ()  # "name (found × found, not wanted × wanted)"

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.misshapen)

    def sentences(self, most: int = 5) -> list[str]:
        """One for each kind of difference, with the first few names."""
        told = []
        for words, names in (
            ("missing", self.missing),
            ("not expected", self.extra),
            ("of another shape", self.misshapen),
        ):
            if names:
                more = f" and {len(names) - most} more" if len(names) > most else ""
                told.append(f"{len(names)} {words}: {', '.join(names[:most])}{more}.")
        return told


def read_contents(path: Path) -> dict[str, Tensor]:
    """The tensors of a local .safetensors file, or of a .pth by torch, by name.

    Raises BadWeights where it is neither or is damaged, BadRuntime where torch is needed and missing or too old.
    """
    if path.suffix in PICKLED:
        return _read_pickled(path)
    return {name: Tensor(entry.shape, entry.dtype) for name, entry in read_header(path, FIX).items()}


def compare(found: Mapping[str, Tensor], wanted: Shapes) -> Difference:
    """Strictly: every name, none besides, each of its shape."""
    misshapen = [
        f"{name} ({_times(found[name].shape)}, not {_times(shape)})"
        for name, shape in wanted.items()
        if name in found and found[name].shape != tuple(shape)
    ]
    return Difference(
        tuple(sorted(wanted.keys() - found.keys())), tuple(sorted(found.keys() - wanted.keys())), tuple(misshapen)
    )


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) or "scalar"


def _read_pickled(path: Path) -> dict[str, Tensor]:
    torch = _torch(path)
    try:
        raw = torch.load(str(path), map_location="meta", weights_only=True)
    except Exception as error:  # torch raises what it likes for a file that is damaged, or that wants to run code
        why = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise BadWeights(f"{path.name} cannot be read safely ({why}).", FIX) from None
    tensors: dict[str, Tensor] = {}
    _collect(torch, _unwrapped(raw), "", tensors)
    if not tensors:
        raise BadWeights(f"{path.name} holds no weights.", FIX)
    return tensors


def _torch(path: Path) -> Any:
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError):
        raise BadRuntime(
            f"{path.name} can be read by PyTorch only.", "Install the GPU engines first, or use a .safetensors file."
        ) from None
    if tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2]) < SAFE_SINCE:
        raise BadRuntime(
            f"PyTorch {torch.__version__} cannot read {path.name} safely.", "Install the GPU engines again."
        )
    return torch


def _unwrapped(raw: Any) -> Any:
    """Training programs put the weights beside their own notes."""
    for key in WRAPPERS:
        if isinstance(raw, dict) and isinstance(raw.get(key), dict):
            return raw[key]
    return raw


def _collect(torch: Any, value: Any, name: str, into: dict[str, Tensor], depth: int = 0) -> None:
    if isinstance(value, torch.Tensor):
        into[name] = Tensor(tuple(value.shape), _NAMES.get(str(value.dtype), str(value.dtype)))
    elif isinstance(value, dict) and depth < 4:
        for key, inner in value.items():
            _collect(torch, inner, f"{name}.{key}" if name else str(key), into, depth + 1)


_NAMES = {
    "torch.float64": "F64",
    "torch.float32": "F32",
    "torch.float16": "F16",
    "torch.bfloat16": "BF16",
    "torch.int64": "I64",
    "torch.int32": "I32",
    "torch.int16": "I16",
    "torch.int8": "I8",
    "torch.uint8": "U8",
    "torch.bool": "BOOL",
}
