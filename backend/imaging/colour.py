"""Colours as people tell them apart."""

from __future__ import annotations

import numpy as np

_LINEAR_TO_XYZ = np.array(  # sRGB primaries, divided by the D65 white (IEC 61966-2-1)
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
) / np.array([[0.95047], [1.0], [1.08883]])


def lab(srgb: np.ndarray) -> np.ndarray:
    """(…, 3) sRGB in [0, 1] → CIE 1976 L*a*b* under D65, float32; a distance of about 2 is just seen.

    Chosen over newer spaces for its straight piece near black, which keeps a dark picture's noise small.
    """
    level = np.arange(1025) / 1024  # a table with linear steps between its entries is far quicker than powers
    table = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    place = np.clip(srgb, 0, 1) * 1024
    index = np.minimum(place.astype(np.int32), 1023)
    light = table[index] + (place - index) * (table[index + 1] - table[index])
    xyz = light @ _LINEAR_TO_XYZ.T
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (841 / 108) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1).astype(
        np.float32
    )
