"""A trained network → the small file that ships, and back.

The form is that of ``backend.runtime.weights``: a tensor of two or more axes and more than 4,096 elements becomes int8
with one float16 factor per row of its first axis (symmetric, round to nearest: Jacob et al. 2018, §2.1, per channel as
Krishnamoorthi 2018, §3), all others float16.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor

from ..runtime.weights import SCALE, dequantise, read_safetensors

SMALL = 4096  # elements up to which a tensor is not worth quantising
LEAST = 2.0**-24  # the smallest float16: a row of zeros keeps a factor that divides


class TooLarge(Exception):
    """The file would be larger than what may ship."""

    def __init__(self, size: int, limit: int):
        super().__init__(f"The weights take {size:,} bytes, {limit:,} may ship. Choose a smaller configuration.")


def quantised(tensors: Mapping[str, Tensor | np.ndarray]) -> dict[str, np.ndarray]:
    """Float tensors by name → int8 ``NAME`` with float16 ``NAME.scale``, or float16 ``NAME``.

    The factor is rounded up to a float16, so that the largest weight of a row never overflows ±127.
    """
    result: dict[str, np.ndarray] = {}
    for name, tensor in tensors.items():
        values = _array(tensor)
        if values.ndim < 2 or values.size <= SMALL:
            result[name] = values.astype(np.float16)
            continue
        rows = values.reshape(len(values), -1)
        exact = np.maximum(np.abs(rows).max(1) / np.float32(127), np.float32(LEAST))
        scale = exact.astype(np.float16)
        scale = np.where(scale < exact, np.nextafter(scale, np.float16(np.inf)), scale)
        factor = scale.astype(np.float32)[:, None]
        result[name] = np.clip(np.rint(rows / factor), -127, 127).astype(np.int8).reshape(values.shape)
        result[name + SCALE] = scale
    return result


def export(tensors: Mapping[str, Tensor | np.ndarray], path: Path, limit: int | None = None) -> int:
    """Writes ``path`` (atomically) and reads it back; → its size in bytes. Raises TooLarge beyond ``limit``, and
    ValueError where a value is not finite or the file read back is off by more than the rounding explains.
    """
    small = quantised(tensors)
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(save(small))
    back = dequantise(read_safetensors(beside), path.name)
    for name, tensor in tensors.items():
        if not _close(_array(tensor), back[name], small.get(name + SCALE)):
            beside.unlink()
            raise ValueError(f"{name} does not survive its rounding: its values are not finite or too large.")
    size = beside.stat().st_size
    if limit is not None and size > limit:
        beside.unlink()
        raise TooLarge(size, limit)
    beside.replace(path)
    return size


def dequantised(path: Path) -> dict[str, Tensor]:
    """What a shipped file holds, as float32 tensors: the network that is really run."""
    return {name: torch.from_numpy(values.copy()) for name, values in dequantise(read_safetensors(path)).items()}


def _array(tensor: Tensor | np.ndarray) -> np.ndarray:
    """float32 in C order: kernels laid out channels last would be written in the order of their memory."""
    array = tensor.detach().float().cpu().numpy() if isinstance(tensor, Tensor) else tensor
    return np.ascontiguousarray(array, np.float32)


def _close(values: np.ndarray, back: np.ndarray, scale: np.ndarray | None) -> bool:
    if not (np.isfinite(values).all() and np.isfinite(back).all()):
        return False
    if scale is None:
        return bool((np.abs(values - back) <= np.abs(values) * 2.0**-10 + 2.0**-24).all())
    room = scale.astype(np.float32).reshape((-1,) + (1,) * (values.ndim - 1))
    return bool((np.abs(values - back) <= room * 0.5001).all())
