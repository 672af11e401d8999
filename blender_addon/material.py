"""The one material all results share: it shows a mesh's vertex colours in every renderer."""

from __future__ import annotations

import bpy

from .mesh import COLOURS

NAME = "Maquette Vertex Colour"
_BASE = "Base Color"


def vertex_colour_material() -> bpy.types.Material:
    """The shared material, made on first use. One whose colours the user has unplugged is left alone."""
    for material in bpy.data.materials:
        if material.get("maquette") == COLOURS and material.library is None and _shows_colours(material):
            return material
    return _new()


def _new() -> bpy.types.Material:
    material = bpy.data.materials.new(NAME)
    material["maquette"] = COLOURS
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    surface = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Roughness"].default_value = 0.8  # a photograph's highlights are painted in already
    colour = tree.nodes.new("ShaderNodeVertexColor")
    colour.layer_name = COLOURS
    colour.location = (surface.location.x - 200, surface.location.y)
    tree.links.new(colour.outputs["Color"], surface.inputs[_BASE])  # exporters follow this link
    return material


def _shows_colours(material: bpy.types.Material) -> bool:
    tree = material.node_tree
    return tree is not None and any(
        link.from_node.type == "VERTEX_COLOR"
        and link.from_node.layer_name == COLOURS
        and link.to_node.type == "BSDF_PRINCIPLED"
        and link.to_socket.name == _BASE
        for link in tree.links
    )
