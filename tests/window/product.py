"""What the scenarios need to know of Maquette itself, inside Blender."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import bpy
import hands
import numpy as np

PACKAGE = "bl_ext.user_default.maquette"


def install() -> None:
    """The built zip, into the fresh profile, as *Install from Disk* does it."""
    done = bpy.ops.extensions.package_install_files(
        repo="user_default", filepath="/in/maquette.zip", enable_on_install=True
    )
    assert done == {"FINISHED"}, done
    assert PACKAGE in bpy.context.preferences.addons, "the extension was not enabled"


def part(name: str) -> Any:
    """A module of the add-on."""
    return importlib.import_module(f"{PACKAGE}.blender_addon.{name}")


def session() -> Any:
    """The add-on's session; None before the first job."""
    return part("runtime").current()


def running() -> Any:
    """The running job, or None. Raises where the backend cannot be started: no job will ever run."""
    ours = session()
    if ours and ours.state == "failed":
        raise RuntimeError(f"{ours.note} {ours.fix}")
    return next((job for job in ours.jobs if job.state == "running"), None) if ours else None


def choose(path: str) -> Iterator[float]:
    """Types the path of a picture into the panel; returns the place of the button *Generate from Image*."""
    bpy.context.scene.maquette.filepath = "somewhere"
    hands.region().tag_redraw()
    yield 0.3
    field = yield from hands.find(lambda text: text == "somewhere")
    yield from hands.fill_in(field, path)
    typed = bpy.context.scene.maquette.filepath
    assert typed == path, f"the field has {typed!r}"
    return (yield from hands.button("maquette.generate_from_image", below=field[1]))


def made(name: str) -> bpy.types.Object | None:
    return bpy.data.objects.get(name)


def describe(thing: bpy.types.Object) -> dict[str, Any]:
    """The mesh as plain numbers. ``low`` and ``high`` in world space."""
    mesh = thing.data
    points = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", points)
    matrix = np.array(thing.matrix_world)
    points = points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    attribute = mesh.color_attributes.active_color
    colours = np.empty(len(attribute.data) * 4, np.float32)
    attribute.data.foreach_get("color_srgb", colours)
    return {
        "name": thing.name,
        "vertices": len(mesh.vertices),
        "faces": len(mesh.polygons),
        "low": points.min(0).tolist(),
        "high": points.max(0).tolist(),
        "colours": len(np.unique((colours.reshape(-1, 4) * 15).round(), axis=0)),
        "materials": [material.name for material in mesh.materials],
        "selected": thing.select_get(),
    }


def shares(picture: str, **colours: tuple[int, int, int]) -> dict[str, float]:
    """How much of the viewport in a screenshot has about the hue of each sRGB colour, and is as colourful."""
    image = bpy.data.images.load(str(hands.OUT / f"{picture}.png"))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    pane = hands.region("WINDOW")
    seen = pixels.reshape(height, width, 4)[pane.y : pane.y + pane.height, pane.x : pane.x + pane.width, :3]
    return {name: float(_alike(seen, np.array(rgb) / 255).mean()) for name, rgb in colours.items()}


def _alike(pixels: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Pixels whose colour without its grey points the same way, within 15°, and is at least a third as long."""
    rest, aim = pixels - pixels.mean(-1, keepdims=True), colour - colour.mean()
    length = np.linalg.norm(rest, axis=-1)
    cosine = (rest @ aim) / (np.linalg.norm(aim) * length + 1e-6)
    return (cosine > np.cos(np.radians(15))) & (length > np.linalg.norm(aim) / 3)
