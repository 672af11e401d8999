"""What every panel draws with."""

from __future__ import annotations

import textwrap

from .words import shown


def say(layout, context, sentence: str, icon: str = "NONE") -> None:
    """A sentence over as many lines as the sidebar's width asks for: labels do not wrap."""
    if not sentence:
        return
    width = context.region.width if context.region is not None else 260
    scale = context.preferences.system.ui_scale or 1.0  # 0 without a window
    letters = max(16, int(width / (7.0 * scale)) - 6)
    column = layout.column(align=True)
    column.scale_y = 0.8
    for i, line in enumerate(textwrap.wrap(shown(sentence), letters)):
        column.label(text=line, icon=icon if i == 0 else "BLANK1" if icon != "NONE" else "NONE")


def duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 90 else f"{whole // 60} min {whole % 60:02d} s"


def in_words(size: float) -> str:
    """Bytes as people count them: 830 MB, 1.7 GB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale * 0.9995:
            number = size / scale
            return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"
    return f"{size:.0f} bytes"


def sentences(*parts: str) -> str:
    """The parts that say something, each ended by one full stop: what Blender's tooltips end with is added by them."""
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip())
