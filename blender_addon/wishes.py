"""What the user set in the preferences, for whoever asks. Knows nothing of how they are drawn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy

PACKAGE = __package__.rpartition(".")[0] or __package__  # the extension itself


def preferences() -> Any:
    """The settings that ``preferences.MAQUETTE_AP_preferences`` declares, or their defaults where the package is used
    without being installed.
    """
    addon = bpy.context.preferences.addons.get(PACKAGE)
    kept = addon.preferences if addon is not None else None
    return kept or SimpleNamespace(threads=0, solid_colours=True, proxy="", mirror="", wheels_dir="")
