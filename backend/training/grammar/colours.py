"""The colours and materials that captions name, and the paint they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .dice import Dice

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (205, 38, 38),
    "orange": (238, 128, 30),
    "yellow": (247, 213, 62),
    "green": (55, 152, 62),
    "blue": (42, 96, 205),
    "purple": (125, 58, 165),
    "pink": (242, 138, 182),
    "brown": (122, 76, 44),
    "black": (34, 34, 37),
    "white": (243, 243, 240),
    "grey": (128, 130, 133),
    "beige": (223, 203, 163),
    "turquoise": (52, 186, 180),
    "light blue": (140, 196, 238),
    "dark blue": (26, 40, 98),
    "light green": (158, 217, 108),
    "dark green": (22, 78, 44),
    "dark red": (112, 20, 32),
    "golden": (204, 156, 40),
    "silver": (190, 194, 200),
}

# Materials are words for a finish: what they are painted in, most likely first.
MATERIALS: dict[str, tuple[str, ...]] = {
    "wooden": ("brown", "brown", "brown", "beige"),
    "metal": ("grey", "silver", "black"),
    "steel": ("silver", "grey"),
    "stone": ("grey", "grey", "beige"),
    "brick": ("dark red", "orange", "brown"),
    "golden": ("golden",),
    "silver": ("silver",),
    "plastic": ("red", "blue", "yellow", "green", "white", "orange", "pink"),
    "glass": ("light blue", "turquoise", "light green", "white"),
    "leather": ("brown", "black", "beige"),
    "ceramic": ("white", "beige", "light blue", "brown"),
    "concrete": ("grey", "beige"),
    "cardboard": ("brown", "beige"),
    "iron": ("black", "grey"),
    "paper": ("white", "beige"),
    "fabric": ("grey", "beige", "blue", "red", "green"),
}

# Other words for the same, used in captions; the first of each is the name in the tables above.
COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "grey": ("grey", "gray"),
    "purple": ("purple", "violet"),
    "turquoise": ("turquoise", "teal", "cyan"),
    "beige": ("beige", "cream", "tan"),
    "light blue": ("light blue", "pale blue", "sky blue"),
    "dark blue": ("dark blue", "navy blue", "navy"),
    "light green": ("light green", "lime green", "lime"),
    "dark red": ("dark red", "maroon"),
    "golden": ("golden", "gold"),
    "silver": ("silver", "silvery"),
    "white": ("white",),
}
MATERIAL_WORDS: dict[str, tuple[str, ...]] = {
    "wooden": ("wooden", "wood"),
    "metal": ("metal", "metallic"),
    "golden": ("golden", "gold"),
    "silver": ("silver",),
}


@dataclass(frozen=True)
class Paint:
    """A named colour and one jittered instance of it, sRGB in [0, 1]."""

    name: str
    rgb: tuple[float, float, float]

    def shade(self, factor: float) -> Paint:
        """Darker (< 1) or lighter (> 1, towards white); nameless, for trim that no caption speaks of."""
        if factor <= 1:
            return Paint("", _rgb(c * factor for c in self.rgb))
        return Paint("", _rgb(1 - (1 - c) / factor for c in self.rgb))


def _rgb(channels: Iterable[float]) -> tuple[float, float, float]:
    red, green, blue = (min(max(c, 0.02), 0.98) for c in channels)
    return red, green, blue


def paint(dice: Dice, name: str) -> Paint:
    """The named colour, lighter or darker by up to 7 % and each channel by up to 1.5 %: never another name's."""
    light, swing = dice.real(0.93, 1.06), 0.015
    return Paint(name, _rgb(c / 255 * light + dice.real(-swing, swing) for c in COLOURS[name]))


def nearest_name(rgb: np.ndarray) -> str:
    """Which named colour an sRGB triple in [0, 1] is closest to."""
    table = np.array(list(COLOURS.values())) / 255
    return list(COLOURS)[int(np.square(table - np.asarray(rgb)).sum(1).argmin())]
