"""A round, coloured thing with fine half-transparent strands, before a busy background; everything known exactly."""

import numpy as np


def strands(size, count=70, seed=0):
    """(size, size) float32 in [0, 1]: a disc with hair that grows outwards, one to three pixels wide."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size].astype(np.float32) + 0.5 - size / 2
    alpha = np.clip(0.24 * size - np.hypot(x, y) + 0.5, 0, 1)
    for turn, length, width, bend, strength in zip(
        random.uniform(0, 2 * np.pi, count),
        random.uniform(0.06, 0.17, count) * size,
        random.uniform(0.5, 1.5, count),
        random.normal(0, 0.25, count),
        random.uniform(0.5, 0.95, count),
        strict=True,
    ):
        root = 0.23 * size * np.array([np.cos(turn), np.sin(turn)])
        way = np.array([np.cos(turn + bend), np.sin(turn + bend)])
        along = np.clip(((x - root[0]) * way[0] + (y - root[1]) * way[1]), 0, length)
        away = np.hypot(x - root[0] - along * way[0], y - root[1] - along * way[1])
        alpha = np.maximum(alpha, strength * np.clip(width - away + 0.5, 0, 1))
    return alpha.astype(np.float32)


def object_colours(size):
    y, x = np.mgrid[:size, :size].astype(np.float32) / size
    return np.stack([0.75 + 0.2 * np.sin(7 * x), 0.35 + 0.15 * np.cos(9 * y), 0.15 + 0.1 * x], -1).astype(np.float32)


def background_colours(size, seed=1):
    """Patches of many colours: nothing that the embedded remover could learn."""
    random = np.random.default_rng(seed)
    patches = random.uniform(0, 1, (8, 8, 3)).astype(np.float32)
    place = np.arange(size) * 8 // size
    y, x = np.mgrid[:size, :size].astype(np.float32) / size
    return np.clip(patches[place][:, place] * 0.7 + 0.3 * np.stack([x, y, 1 - x], -1), 0, 1).astype(np.float32)


def photograph(size, seed=0):
    """→ pixels (size, size, 4) uint8 opaque, alpha (size, size), the object's colours (size, size, 3)."""
    alpha, front, back = strands(size, seed=seed), object_colours(size), background_colours(size)
    noise = np.random.default_rng(2).normal(0, 0.006, (size, size, 3))
    mixed = front * alpha[..., None] + back * (1 - alpha[..., None]) + noise
    pixels = np.full((size, size, 4), 255, np.uint8)
    pixels[..., :3] = np.rint(np.clip(mixed, 0, 1) * 255)
    return pixels, alpha, front
