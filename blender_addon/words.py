"""Text that can be shown. No bpy."""

from __future__ import annotations


def shown(text: str) -> str:
    """``text`` as Blender and a terminal take it.

    File names need not be UTF-8; Python carries their odd bytes as lone surrogates, which no label, name or
    report can hold. Paths keep them, or the file would not be found again.
    """
    return text.encode("utf-8", "replace").decode()
