"""Maquette in Blender: registers everything, and nothing else.

Importing this package needs no Blender, so that the session and its parts can be used and tested without one.
"""

from __future__ import annotations

_registered = False


def register() -> None:
    """Safe to call twice: the second call starts afresh."""
    global _registered
    if _registered:
        unregister()
    import bpy

    for cls in _classes():
        bpy.utils.register_class(cls)
    for part in _parts():
        part.register()
    _registered = True


def unregister() -> None:
    """Safe to call twice. Ends the backend."""
    global _registered
    if not _registered:
        return
    _registered = False
    import bpy

    for part in reversed(_parts()):
        part.unregister()
    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)


def _classes() -> tuple:
    from . import operators, panels, preferences, properties

    return (*preferences.CLASSES, *properties.CLASSES, *operators.CLASSES, *panels.CLASSES)


def _parts() -> tuple:
    """What has more to register than classes."""
    from . import gpu, operators, properties, runtime, thumbnails

    return (thumbnails, properties, runtime, gpu, operators)
