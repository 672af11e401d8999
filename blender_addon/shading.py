"""Solid shading that shows colours: the views are told once, and never against the user's own choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import bpy

PLAIN, COLOURED = "MATERIAL", "VERTEX"  # what Blender starts with, and what it calls Attribute
SAID = "Solid view now shows colours; Viewport Shading → Color changes it."


class Views:
    """Remembers which views were switched: one that the user switched back stays as they want it.

    Views have no names, so they are known by their address, which is good until another file is opened.
    """

    def __init__(self) -> None:
        self._switched: set[int] = set()

    def show_colours(self, views: Iterable[bpy.types.SpaceView3D]) -> int:
        """Switches those that are still as Blender made them; how many that were. The colour is one of Solid
        shading alone, so that a view that shows a render now will be right when it goes back to Solid.
        """
        count = 0
        for view in views:
            if view.shading.color_type == PLAIN and view.as_pointer() not in self._switched:
                self._switched.add(view.as_pointer())
                view.shading.color_type = COLOURED
                count += 1
        return count

    def forget(self) -> None:
        """Another file is open, with views of its own."""
        self._switched.clear()


def all_views() -> Iterator[bpy.types.SpaceView3D]:
    """Every 3D view of every workspace, also those behind another editor: each is one click away."""
    for screen in bpy.data.screens:
        for area in screen.areas:
            yield from (space for space in area.spaces if space.type == "VIEW_3D")
