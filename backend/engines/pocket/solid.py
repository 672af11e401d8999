"""From what the network believes to a solid that the picture agrees with.

The network is timid: along a third of the rays that surely meet the object it finds nothing, and elsewhere it finds
too little. The outline knows better where the object ends and how wide it is, so each ray gets an entry and an exit
from both: where the network sees the visible surface (its depth head), where along the ray its belief gathers, and
how deep the object would be were it as round as it is wide. Between these, the belief shapes the surface.

Weights and widths were chosen on the validation objects (docs/models.md), never on the benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .filters import blur
from .lattice import ACROSS, ALONG, CELL, DEPTHS, STEP
from .silhouette import shrunk

# Entry and exit of a ray by least absolute deviations from the truth, from: depth head, gathering point of the
# belief, half thickness of the round, thickness of the belief.
ENTRY = (0.52, 0.60, 0.19, 0.15)
EXIT = (-0.10, 1.30, -0.19, -0.32)
SOFTNESS = 0.006  # of the network's distance: what one standard deviation of its doubt looks like
AROUND = 0.0625  # reach over which neighbouring rays agree on where the belief gathers, frame units
SMOOTH = 0.021  # reach of the smoothing of entry and exit where the network is sure, frame units
DOUBT = 0.03  # the same where it is not
STRAIGHT = 0.1  # and along wires and legs, on which it is lost
WIRE = (0.02, 0.04)  # half widths between which a wire becomes a limb
SURE = (-0.02, 0.02)  # the highest belief along a ray between which the network goes from unsure to sure
THINNEST = 0.025  # half of the least thickness along a ray: 1.6 cells of the coarsest preset for the whole
BRIDGE = 0.03  # rays this far apart must still overlap, where the surface is steep
RIM = 0.05  # this far within the outline the belief has its full say; at the outline itself it is always timid
FILLET = 0.08  # radius of the rounding along the outline, where the object is that wide, frame units
SLENDER = 0.16  # a part whose half width is well below this is about as thick as it is wide:
ROUND = 1.0  # … up to this many times
SAY = 2.0  # the network's say against the interval's; its distances run small
EASE = 0.08  # added to half the thickness of what is not slender: belief and fit are both timid
REACH = np.float32(0.1)  # beyond it all are equally sure
OFFSETS = (np.arange(2 * (ALONG // 2) + 1) - ALONG // 2).astype(np.float32) * np.float32(STEP)  # from a ray's middle


@dataclass(frozen=True)
class Intervals:
    """``middle`` and ``half`` (ACROSS, ACROSS) float32: where along each ray the object is, in frame units,
    meaningful a little beyond the outline too; ``cover`` ≤ ``half``, the half thickness that nothing may take
    away. ``guessed`` is the part of the rays on which the network believed in nothing.
    """

    middle: np.ndarray
    half: np.ndarray
    cover: np.ndarray
    guessed: float


def intervals(
    belief: np.ndarray, depth: np.ndarray, width: np.ndarray, radius: np.ndarray, met: np.ndarray | None = None
) -> Intervals:
    """``belief`` as ``lattice.believe`` gives it; ``depth`` (h, w) z of the visible surface by the depth head;
    ``width`` (ACROSS, ACROSS) signed distance to the outline, row 0 on top, and ``radius`` half the local width.
    ``met`` (h, w, 2) entry and exit by the head of a network that has one: what it was taught needs no fit, and no
    thickness added for timidity.
    """
    inside = width > 0
    rays = belief[inside]
    gathered = 1 / (1 + np.exp(-np.clip(rays / SOFTNESS, -30, 30)))
    gathered += np.float32(1e-9)
    thickness = gathered.sum(1) * np.float32(STEP)
    centre = _spread(_map(inside, (gathered @ DEPTHS) / gathered.sum(1)), inside, AROUND)[inside]
    if met is None:
        seen = shrunk(depth, ACROSS)[inside]
        known = (seen, centre, round_half(width)[inside], thickness)
        front = sum(np.float32(w) * k for w, k in zip(ENTRY, known, strict=True))
        back = sum(np.float32(w) * k for w, k in zip(EXIT, known, strict=True))
    else:
        front, back = (shrunk(met[..., end], ACROSS)[inside] for end in (0, 1))
    sure = _map(inside, np.clip((rays.max(1) - SURE[0]) / (SURE[1] - SURE[0]), 0.1, 1))
    front, back = (_extended(_settled(_map(inside, x), sure, radius), inside) for x in (front, back))
    middle = (front + back) / 2
    steep = np.hypot(*np.gradient(middle, CELL))
    cover = np.maximum(THINNEST, steep * BRIDGE)
    slim = np.minimum(radius / np.float32(SLENDER), 0.99)
    ease = np.float32(EASE if met is None else 0)
    half = np.maximum(np.minimum((front - back) / 2, ROUND * radius / (1 - slim)) + ease * slim, cover)
    guessed = float((rays.max(1) < 0).mean()) if len(rays) else 1.0
    return Intervals(middle.astype(np.float32), half.astype(np.float32), cover.astype(np.float32), guessed)


def round_half(width: np.ndarray) -> np.ndarray:
    """Half the thickness of a body as round as it is wide: a circle whose radius is the largest ``width``."""
    radius = max(float(width.max(initial=0)), 1e-6)
    return np.sqrt(np.clip(width * (2 * radius - width), 0, None))


def rounded_intersection(a: np.ndarray, b: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Distance inside both of two solids, whose common edge is a quarter circle of ``radius``.

    Where either distance is at least ``radius`` it is the plain minimum; it rises with both.
    """
    edge = radius - np.hypot(np.maximum(radius - a, 0), np.maximum(radius - b, 0))
    return edge + np.maximum(np.minimum(a, b) - radius, 0)


def profiles(belief: np.ndarray, intervals: Intervals, width: np.ndarray) -> np.ndarray:
    """What is inside along each ray, seen from its middle: (ACROSS, ACROSS, len(OFFSETS)) float32 at middle + OFFSETS.

    The interval's distance and the belief together, never rising away from the middle: what lies behind a gap would
    be a floater, or a wall inside. A mean of such profiles is one, so it also holds between the lattice's rays.
    """
    at = (intervals.middle[..., None] + OFFSETS + DEPTHS[-1]) / np.float32(STEP)
    low = np.clip(at.astype(np.intp), 0, len(DEPTHS) - 2)
    share = np.clip(at - low, 0, 1)
    near, far = np.take_along_axis(belief, low, 2), np.take_along_axis(belief, low + 1, 2)
    felt = np.maximum(near + (far - near) * share, -REACH)
    say = np.clip(width / np.float32(RIM), 0, 1)[..., None]
    value = np.clip(intervals.half[..., None] - np.abs(OFFSETS), -REACH, REACH) + say * SAY * felt
    middle = len(OFFSETS) // 2
    value[..., middle:] = np.minimum.accumulate(value[..., middle:], 2)
    value[..., : middle + 1] = np.minimum.accumulate(value[..., middle::-1], 2)[..., ::-1]
    return value.astype(np.float32)


def _map(inside: np.ndarray, values: np.ndarray) -> np.ndarray:
    result = np.zeros(inside.shape, np.float32)
    result[inside] = values
    return result


def _settled(values: np.ndarray, sure: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Smoothed a little where the network is ``sure``, more where it is not, and by its surer neighbours then."""
    limb = sure * _spread(values, sure, SMOOTH) + (1 - sure) * _spread(values, sure, DOUBT)
    wire = np.clip((WIRE[1] - radius) / (WIRE[1] - WIRE[0]), 0, 1)
    return (1 - wire) * limb + wire * _spread(values, sure, STRAIGHT)


def _spread(values: np.ndarray, weight: np.ndarray, reach: float) -> np.ndarray:
    """Weighted mean of the values within ``reach``."""
    weight = weight.astype(np.float32)
    total = blur(weight, reach / CELL)
    return blur(values * weight, reach / CELL) / np.maximum(total, 1e-6) * (total > 1e-6)


def _extended(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Inside as it is; outside the nearest inside values go on, so that a look-up at the outline sees no step."""
    result, known = np.where(inside, values, 0).astype(np.float32), inside.copy()
    for _ in range(5):
        weight = blur(known.astype(np.float32), 0.7)
        new = ~known & (weight > 0.02)
        result[new] = (blur(result * known, 0.7) / np.maximum(weight, 1e-6))[new]
        known |= new
    return result
