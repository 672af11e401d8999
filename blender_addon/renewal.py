"""A new mesh for an object that is there already: what the user made of the object stays."""

from __future__ import annotations

import bpy

from .link import Report, Request
from .material import vertex_colour_material
from .mesh import build_mesh
from .recall import remember
from .scene import Placed, step_of_undo


def renew(arrays: dict, request: Request, report: Report, uid: int) -> Placed | None:
    """Gives the object of that session id the new mesh, and makes one undo step that takes it back. Its name, place,
    parents, modifiers and materials stay; other objects that share its old mesh keep that. Raises mesh.UnusableMesh.

    None, and nothing is done, where the object cannot take a mesh now: it is gone, linked, or in Edit Mode.
    """
    thing = next((thing for thing in bpy.data.objects if thing.session_uid == uid), None)
    if thing is None or not renewable(thing):
        return None
    old = thing.data
    mesh = build_mesh(old.name, arrays["vertices"], arrays["faces"], arrays.get("colours"))
    for material in old.materials or (vertex_colour_material(),):
        mesh.materials.append(material)
    thing.data = mesh
    if not old.users:
        name = old.name
        bpy.data.meshes.remove(old)
        mesh.name = name
    remember(thing, request, report)
    scene = next((scene for scene in bpy.data.scenes if scene.objects.get(thing.name) == thing), bpy.context.scene)
    step_of_undo(f"Maquette: {thing.name}", scene)
    return Placed(thing.name)


def renewable(thing: bpy.types.Object) -> bool:
    """Whether the object can be given another mesh now."""
    local = thing.library is None and thing.override_library is None
    return local and thing.type == "MESH" and thing.mode == "OBJECT"
