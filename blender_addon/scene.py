"""Where a result stands: target, object, selection, undo. Never changes the user's mode or view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Color, Vector

from .cloud import build_cloud
from .link import Report, Request
from .material import vertex_colour_material
from .mesh import build_mesh
from .problems import UnusableResult
from .recall import remember


@dataclass(frozen=True)
class Target:
    """The scene and collection the user was in when the button was pressed.

    Kept by session ids, which survive undo and renaming; a reference to the datablock survives neither.
    """

    scene: int
    collection: int
    scene_name: str
    collection_name: str

    @classmethod
    def here(cls, context: bpy.types.Context) -> Target:
        scene, collection = context.scene, context.collection or context.scene.collection
        return cls(scene.session_uid, collection.session_uid, scene.name, collection.name)


@dataclass(frozen=True)
class Placed:
    """``name`` of the object that was made; ``note`` a sentence where it could not go where it should."""

    name: str
    note: str = ""


def place(
    arrays: dict, request: Request, report: Report, target: Target, location: Sequence[float], group: str = ""
) -> Placed:
    """Makes the object and one undo step that removes it.

    ``arrays`` as in link.Result of kind mesh or cloud; ``location`` in metres, where the bottom centre goes;
    ``group`` the name of a collection of its own inside the target's. Raises mesh.UnusableMesh, UnusableResult;
    nothing is left then.
    """
    thing, note = _build(arrays, request)
    try:
        thing.location = location
        thing.color = _viewport_colour(arrays.get("colours"))
        remember(thing, request, report)
        scene, parent, elsewhere = resolve(target)
        collection = own_collection(parent, group) if group else parent
        collection.objects.link(thing)
    except BaseException:
        bpy.data.meshes.remove(thing.data)  # and the object with it
        raise
    note = " ".join(filter(None, (note, elsewhere)))
    window, layer = _view(scene)
    # None stands for what was deleted since the view layer was last brought up to date.
    chosen, active = [thing for thing in layer.objects.selected if thing is not None], layer.objects.active
    at_work = active is not None and active.mode != "OBJECT"
    try:
        thing.select_set(not at_work, view_layer=layer)
        _show_in_local_views(thing, window)
    except RuntimeError:  # its collection is left out of the view layer: it is there, but unseen
        note = note or f"“{thing.name}” is in “{collection.name}”, which this view layer leaves out."
    else:
        if not at_work:
            for other in chosen:
                other.select_set(False, view_layer=layer)
            layer.objects.active = thing
    if not at_work:  # a step among those of Edit Mode could not take the object back
        push_undo(f"Maquette: {thing.name}", window)
    return Placed(thing.name, note)


def _build(arrays: dict, request: Request) -> tuple[bpy.types.Object, str]:
    """The object, linked nowhere, and a sentence where something about it is to be told."""
    name = request.name or "Maquette"
    if "points" in arrays:
        options = request.options
        return build_cloud(name, arrays, str(options.get("show_as", "splats")), int(options.get("at_most", 0) or 0))
    mesh = build_mesh(name, arrays["vertices"], arrays["faces"], arrays.get("colours"))
    mesh.materials.append(vertex_colour_material())
    return bpy.data.objects.new(name, mesh), ""


def _viewport_colour(colours) -> tuple[float, float, float, float]:
    """What Solid shading's Color → Object shows: the middle of the colours (N,4) uint8 sRGB, as linear light."""
    if colours is None:
        return (1.0, 1.0, 1.0, 1.0)
    middle = Color(np.asarray(colours)[:, :3].mean(axis=0) / 255).from_srgb_to_scene_linear()
    return (*middle, 1.0)


def own_collection(parent: bpy.types.Collection, name: str) -> bpy.types.Collection:
    """The collection of that name inside ``parent``, made where it is missing."""
    for child in parent.children:
        if child.get("maquette") == name and _ours(child):
            return child
    child = bpy.data.collections.new(name)
    child["maquette"] = name  # Blender may have had to number the name it shows
    parent.children.link(child)
    return child


def find_group(target: Target, name: str) -> bpy.types.Collection | None:
    """The collection that ``place`` made for a group, if it is still there."""
    _, parent, _ = resolve(target)
    return next((child for child in parent.children if child.get("maquette") == name and _ours(child)), None)


def extent(things: Sequence[bpy.types.Object]) -> tuple[Vector, Vector] | None:
    """Lowest and highest corner of the objects' boxes in the world, metres; None where there are none."""
    corners = [thing.matrix_world @ Vector(corner) for thing in things for corner in thing.bound_box]
    if not corners:
        return None
    return Vector(map(min, zip(*corners, strict=True))), Vector(map(max, zip(*corners, strict=True)))


def occupied() -> bool:
    """Whether the user is in the middle of a gesture or a render, when the scene must not change under them."""
    if bpy.app.is_job_running("RENDER"):
        return True
    return any(
        operator.bl_idname.startswith(_GESTURES)
        for window in bpy.context.window_manager.windows
        for operator in window.modal_operators
    )


# Blender's own modal tools, all of them short; an add-on's may run for ever and is not waited for.
_GESTURES = ("TRANSFORM_OT", "MESH_OT", "SCULPT_OT", "PAINT_OT", "CURVE_OT", "CURVES_OT", "OBJECT_OT", "POSE_OT")


def resolve(target: Target) -> tuple[bpy.types.Scene, bpy.types.Collection, str]:
    """Scene, collection and, where it is not the one that was meant, a sentence."""
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == target.scene), None)
    if scene is None or not _ours(scene):
        why = "is gone" if scene is None else "is linked from another file"
        scene = next((scene for scene in (bpy.context.scene, *bpy.data.scenes) if scene and _ours(scene)), None)
        if scene is None:
            raise UnusableResult("Every scene here is linked from another file.", "Add a scene, then try again.")
        return scene, scene.collection, f"The scene “{target.scene_name}” {why}; the result is in “{scene.name}”."
    if scene.collection.session_uid == target.collection:
        return scene, scene.collection, ""
    for collection in scene.collection.children_recursive:
        if collection.session_uid == target.collection:
            if _ours(collection):
                return scene, collection, ""
            return scene, scene.collection, f"“{collection.name}” is linked from another file; the result is beside it."
    gone = f"The collection “{target.collection_name}” is gone; the result is in “{scene.name}” itself."
    return scene, scene.collection, gone


def _ours(datablock: bpy.types.ID) -> bool:
    """Whether it can be changed: what is linked from a library cannot, nor be given members where overridden."""
    return datablock.library is None and datablock.override_library is None


def _windows() -> Iterator[bpy.types.Window]:
    manager = bpy.context.window_manager
    yield from manager.windows if manager is not None else ()


def _view(scene: bpy.types.Scene) -> tuple[bpy.types.Window | None, bpy.types.ViewLayer]:
    """A window that shows the scene, and the view layer the user sees it through."""
    for window in _windows():
        if window.scene == scene:
            return window, window.view_layer
    return next(_windows(), None), scene.view_layers[0]


def _show_in_local_views(thing: bpy.types.Object, window: bpy.types.Window | None) -> None:
    for area in window.screen.areas if window is not None else ():
        if area.type == "VIEW_3D" and area.spaces.active.local_view is not None:
            thing.local_view_set(area.spaces.active, True)


def step_of_undo(message: str, scene: bpy.types.Scene) -> None:
    """What has just been done can be undone by itself."""
    push_undo(message, _view(scene)[0])


def push_undo(message: str, window: bpy.types.Window | None) -> None:
    """A timer has no window of its own, and the operator wants one."""
    if window is None:
        bpy.ops.ed.undo_push(message=message)
        return
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo_push(message=message)
