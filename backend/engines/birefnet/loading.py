"""Reads BiRefNet's published weights, strictly."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ...errors import BadWeights
from ...runtime.store.contents import compare, read_contents
from .network import BiRefNet, Configuration
from .swin import place_differences

AGAIN = "Verify the weights of BiRefNet, or delete and fetch them again."


def load_network(path: Path, device: str, dtype: torch.dtype, configuration: Configuration | None = None) -> BiRefNet:
    """The network of a local .safetensors file, ready to run on ``device``, its numbers as ``dtype``.

    Raises BadWeights where the file is missing or damaged, where any tensor is missing, too many or of another
    shape, and where one holds what is no finite number.
    """
    with torch.device("meta"):
        network = BiRefNet(configuration)
    wanted = network.state_dict()
    difference = compare(read_contents(path), {key: tuple(like.shape) for key, like in wanted.items()})
    if difference:
        raise BadWeights(f"{path.name} belongs to another network: {' '.join(difference.sentences(3))}", AGAIN)
    try:
        with safe_open(path, framework="pt", device="cpu") as file:  # maps the file: a tensor at a time is in memory
            state = {key: _fit(file.get_tensor(key), key, path, dtype).to(device) for key in wanted}
    except (SafetensorError, OSError) as error:
        raise BadWeights(f"{path.name} cannot be read ({error}).", AGAIN) from None
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval().requires_grad_(False)


def _fit(tensor: Tensor, key: str, path: Path, dtype: torch.dtype) -> Tensor:
    """A copy, always: otherwise the mapped file would stay in memory with it."""
    if key.endswith("relative_position_index"):  # a constant that some files keep as floats
        tensor = tensor.to(torch.int64, copy=True)
        if not torch.equal(tensor, place_differences(round(len(tensor) ** 0.5))):
            raise BadWeights(f"{path.name} belongs to another network: {key} does not fit.", AGAIN)
        return tensor
    if not tensor.is_floating_point():
        return tensor.clone()
    if not bool(torch.isfinite(tensor).all()):
        raise BadWeights(f"{path.name} is damaged: {key} holds values that are not numbers.", AGAIN)
    return tensor.to(dtype, copy=True)
