"""Pocket Text in very small: weights by chance or by hand, written like the ones that ship. No torch."""

import json
from dataclasses import replace

import numpy as np
from maquette.backend.engines.pocket_text.network import PocketTextNetwork
from maquette.backend.engines.pocket_text.sizes import Sizes
from maquette.backend.engines.pocket_text.words import Vocabulary

SIZES = Sizes(
    channels=4, width=8, head=4, blocks=1, stages=(4, 4, 2), residuals=(1, 2, 1), words=20, grams=64, length=24,
    text_width=8, text_head=4, text_blocks=1, flow_width=12, flow_head=6, flow_blocks=2, frequencies=5,
)  # fmt: skip
VOCABULARY = Vocabulary(("red", "chair", "with", "leg", "blue", "cube", "two"), 64, ("chair", "cube"))
SETTINGS = np.array([8, 3, 1, 0], np.float32)


def by_chance(sizes=SIZES, seed=0):
    rng = np.random.default_rng(seed)
    made = {}
    for name, shape in sizes.shapes().items():
        spread = 0.3 if len(shape) == 1 else np.prod(shape[1:]) ** -0.5
        made[name] = (spread * rng.standard_normal(shape)).astype(np.float32)
    return made | {"settings": SETTINGS}


def by_hand(*where):
    """Weights with which each latent token fills a quarter of the box's sides where its first number is positive,
    coloured by the next three; whatever the text and the noise, the flow leads to ``blocks(*where)``.
    """
    sizes = replace(SIZES, width=4, head=4, stages=(4, 4, 4))
    made = {name: np.zeros(shape, np.float32) for name, shape in sizes.shapes().items()} | {"settings": SETTINGS}
    made["decoder.enter.weight"][:] = np.eye(4)
    for stage in ("wide", "middle", "fine"):
        spread = made[f"decoder.{stage}.up.spread.weight"][..., 0, 0, 0]
        spread[:] = np.repeat(np.eye(4), 8, axis=0)  # channels slowest: each goes to all 2³ finer cells
    head = made["decoder.head.weight"]
    head[:8, 0, 1, 1, 1] = 0.5
    head[8:, 1:, 1, 1, 1] = 8 * np.eye(3)
    made["decoder.head.bias"][:8] = -0.15
    made["decoder.head.bias"][8:] = -4
    kinds, kind = np.unique(blocks(*where), axis=0, return_inverse=True)
    made["flow.place"][np.arange(64), kind.reshape(-1)] = 100
    made["flow.leave.weight"][:, : len(kinds)] = 3 * kinds.T
    return sizes, made


def blocks(*where):
    """Latents (64, 4) for ``by_hand``: blocks at (x, y, z) of 4³, red where x < 2 and blue elsewhere."""
    latents = np.tile(np.float32([-1.5, 0.5, 0.5, 0.5]), (4, 4, 4, 1))
    for x, y, z in where:
        latents[x, y, z] = (1, 1, -1, -1) if x < 2 else (1, -1, -1, 1)
    return latents.reshape(64, 4)


def network(weights=None, sizes=SIZES):
    return PocketTextNetwork(by_chance(sizes) if weights is None else weights, sizes, VOCABULARY)


def write(folder, weights=None, vocabulary=VOCABULARY):
    """Both files in ``folder``, the larger tensors as int8 with their factors; → their paths."""
    tensors = {}
    for name, value in (by_chance() if weights is None else weights).items():
        if value.ndim < 2 or value.size < 40:
            tensors[name] = value.astype(np.float16)
            continue
        factor = (np.abs(value).reshape(len(value), -1).max(1) / 127 + 1e-6).astype(np.float16)
        each = factor.astype(np.float32).reshape((-1,) + (1,) * (value.ndim - 1))
        tensors[name], tensors[name + ".scale"] = np.clip(np.rint(value / each), -127, 127).astype(np.int8), factor
    header, at = {}, 0
    for name, value in tensors.items():
        kind = {"float16": "F16", "int8": "I8"}[value.dtype.name]
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
    text = json.dumps(header).encode()
    paths = folder / "text.safetensors", folder / "words.json"
    data = b"".join(np.ascontiguousarray(value).tobytes() for value in tensors.values())
    paths[0].write_bytes(len(text).to_bytes(8, "little") + text + data)
    vocabulary.write(paths[1])
    return paths
