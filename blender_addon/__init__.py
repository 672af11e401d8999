"""Maquette in Blender: registers everything, and nothing else."""

from __future__ import annotations

import bpy

from . import operators, panels, preferences, properties, runtime, thumbnails

CLASSES = (*preferences.CLASSES, *properties.CLASSES, *operators.CLASSES, *panels.CLASSES)
PARTS = (thumbnails, properties, runtime)  # what else each has to register

_registered = False


def register() -> None:
    """Safe to call twice: the second call starts afresh."""
    global _registered
    if _registered:
        unregister()
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    for part in PARTS:
        part.register()
    _registered = True


def unregister() -> None:
    """Safe to call twice. Ends the backend."""
    global _registered
    if not _registered:
        return
    _registered = False
    for part in reversed(PARTS):
        part.unregister()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
