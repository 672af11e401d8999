"""Weights for BiRefNet that depend on nothing but their names and shapes, as in fixtures/birefnet.json."""

import math
import zlib

import numpy as np
import torch
from maquette.backend.engines.birefnet.network import BiRefNet, Configuration
from maquette.backend.engines.birefnet.swin import SwinConfiguration, place_differences

TINY = Configuration(SwinConfiguration(width=16, depths=(2, 2, 4, 2), heads=(2, 4, 8, 16), window=4))


def normal(name, shape):
    return np.random.Generator(np.random.PCG64(zlib.crc32(name.encode()))).standard_normal(shape, dtype=np.float32)


def made_up(key, like):
    shape, last = tuple(like.shape), key.rsplit(".", 1)[-1]
    if last == "relative_position_index":
        return place_differences(math.isqrt(shape[0]))
    if last == "num_batches_tracked":
        return torch.zeros((), dtype=torch.int64)
    values = normal(key, shape)
    if len(shape) >= 2:
        values *= np.float32(math.sqrt((2 if len(shape) == 4 else 1) / math.prod(shape[1:])))
    elif last in ("bias", "running_mean"):
        values *= np.float32(0.1)
    else:
        values = np.abs(np.float32(1) + np.float32(0.1) * values)
    return torch.from_numpy(values)


def state(configuration):
    with torch.device("meta"):
        network = BiRefNet(configuration)
    return {key: made_up(key, like) for key, like in network.state_dict().items()}


def filled(configuration):
    with torch.device("meta"):
        network = BiRefNet(configuration)
    network.load_state_dict(state(configuration), assign=True)
    return network.eval().requires_grad_(False)


def picture(name, height, width):
    """(1, 3, height, width): smooth shapes and noise."""
    y, x = np.meshgrid(
        np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32), indexing="ij"
    )
    shapes = np.stack([np.sin(3 * x + y), np.cos(2 * y - x), x * y]).astype(np.float32)[None]
    noise = normal(f"birefnet.{name}", (1, 3, height, width))
    return torch.from_numpy((shapes + np.float32(0.3) * noise).astype(np.float32))
