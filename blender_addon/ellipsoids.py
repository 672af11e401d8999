"""Geometry nodes that show a cloud: a small solid body at every point, with the point's colour in every renderer.

Real geometry, because Solid shading draws no colours on instances and none on point clouds. What stands at a point
comes of a mesh of ours that carries an active colour's name but no colours: so the realised whole shows the points'.
"""

from __future__ import annotations

import bmesh
import bpy

from .mesh import COLOURS

SCALE, TURN, REACH = "scale", "rotation", "reach"  # attributes of the points: metres, quaternion, times the scale
_MARK = "maquette"
_OCTAHEDRON = (
    [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)],
    [(0, 2, 4), (2, 1, 4), (1, 3, 4), (3, 0, 4), (2, 0, 5), (1, 2, 5), (3, 1, 5), (0, 3, 5)],
)
_NAMES = {"splats": ("Maquette Splats", "Size"), "points": ("Maquette Points", "Radius")}


def show(thing: bpy.types.Object, how: str, size: float, material: bpy.types.Material) -> bpy.types.NodesModifier:
    """Adds the modifier. ``how`` splats (ellipsoids by the attributes above, ``size`` times as large) | points (each
    of ``size`` metres in radius).
    """
    group = _group(how)
    modifier = thing.modifiers.new(group.name, "NODES")
    modifier.node_group = group
    for item in group.interface.items_tree:
        if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.socket_type != "NodeSocketGeometry":
            _set(modifier, item.identifier, material if item.socket_type == "NodeSocketMaterial" else size)
    return modifier


def _set(modifier: bpy.types.NodesModifier, identifier: str, value) -> None:
    if hasattr(modifier, "properties"):  # Blender 5.2 on
        getattr(modifier.properties.inputs, identifier).value = value
    else:
        modifier[identifier] = value


def _group(how: str) -> bpy.types.GeometryNodeTree:
    """The node group all such objects share, made on first use."""
    for group in bpy.data.node_groups:
        if group.get(_MARK) == how and group.library is None:
            return group
    return _new_group(how)


def _new_group(how: str) -> bpy.types.GeometryNodeTree:
    name, size = _NAMES[how]
    group = bpy.data.node_groups.new(name, "GeometryNodeTree")
    group[_MARK] = how
    group.is_modifier = True
    for label, way, kind in (
        ("Geometry", "INPUT", "Geometry"),
        (size, "INPUT", "Float"),
        ("Material", "INPUT", "Material"),
        ("Geometry", "OUTPUT", "Geometry"),
    ):
        socket = group.interface.new_socket(label, in_out=way, socket_type=f"NodeSocket{kind}")
        if kind == "Float":
            socket.default_value, socket.min_value = (1.0, 0.0) if how == "splats" else (0.01, 0.0)
            socket.subtype = "NONE" if how == "splats" else "DISTANCE"
    given, made = _node(group, "NodeGroupInput", 0), _node(group, "NodeGroupOutput", 6)
    body, bare = _node(group, "GeometryNodeObjectInfo", 1, -200), _node(group, "GeometryNodeRemoveAttribute", 2, -200)
    body.inputs["Object"].default_value = _body(how)
    bare.inputs["Name"].default_value = COLOURS
    each, whole = _node(group, "GeometryNodeInstanceOnPoints", 3), _node(group, "GeometryNodeRealizeInstances", 4)
    painted = _node(group, "GeometryNodeSetMaterial", 5)
    link = group.links.new
    link(given.outputs["Geometry"], each.inputs["Points"])
    link(body.outputs["Geometry"], bare.inputs["Geometry"])
    link(bare.outputs["Geometry"], each.inputs["Instance"])
    if how == "splats":
        link(_attribute(group, "QUATERNION", TURN, -400), each.inputs["Rotation"])
        reach = _scaled(group, _attribute(group, "FLOAT_VECTOR", SCALE, -600), _attribute(group, "FLOAT", REACH, -800))
        link(_scaled(group, reach, given.outputs[size]), each.inputs["Scale"])
    else:
        link(given.outputs[size], each.inputs["Scale"])
    link(each.outputs["Instances"], whole.inputs["Geometry"])
    link(whole.outputs["Geometry"], painted.inputs["Geometry"])
    link(given.outputs["Material"], painted.inputs["Material"])
    link(painted.outputs["Geometry"], made.inputs["Geometry"])
    return group


def _node(group: bpy.types.GeometryNodeTree, kind: str, column: int, y: float = 0.0) -> bpy.types.Node:
    node = group.nodes.new(kind)
    node.location = (column * 220.0, y)
    return node


def _attribute(group: bpy.types.GeometryNodeTree, kind: str, name: str, y: float) -> bpy.types.NodeSocket:
    node = _node(group, "GeometryNodeInputNamedAttribute", 1, y)
    node.data_type = kind
    node.inputs["Name"].default_value = name
    return next(socket for socket in node.outputs if socket.enabled and socket.name == "Attribute")


def _scaled(group: bpy.types.GeometryNodeTree, vector, factor) -> bpy.types.NodeSocket:
    node = _node(group, "ShaderNodeVectorMath", 2, -500)
    node.operation = "SCALE"
    group.links.new(vector, node.inputs[0])
    group.links.new(factor, node.inputs["Scale"])
    return node.outputs["Vector"]


def _body(how: str) -> bpy.types.Object:
    """An object in no scene, of radius 1 and smooth. It has an active colour by name, whose values the group drops."""
    name = f".{_NAMES[how][0]}"
    mesh = bpy.data.meshes.new(name)
    if how == "splats":
        sphere = bmesh.new()
        bmesh.ops.create_icosphere(sphere, subdivisions=1, radius=1.0)  # the icosahedron itself
        sphere.to_mesh(mesh)
        sphere.free()
    else:
        mesh.from_pydata(_OCTAHEDRON[0], [], _OCTAHEDRON[1])
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.color_attributes.new(COLOURS, "BYTE_COLOR", "POINT")
    mesh.color_attributes.active_color = mesh.color_attributes[COLOURS]
    return bpy.data.objects.new(name, mesh)
