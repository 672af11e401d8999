"""Blender's own extension packager: one script inside its Python module, which runs without Blender."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from .environments import BLENDERS, VENVS


@dataclass(frozen=True)
class Packager:
    """``python`` runs ``script``, the extension command line of the Blender called ``label``."""

    python: Path
    script: Path
    label: str

    def validate(self, path: Path) -> str | None:
        """None when the zip or folder is a valid extension, else what the packager says."""
        command = [str(self.python), str(self.script), "validate", str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        wrong = done.returncode != 0 or "ERROR" in done.stdout + done.stderr
        return (done.stdout + done.stderr).strip() if wrong else None


def find() -> Packager | None:
    """That of the newest Blender among the environments made so far."""
    for recipe in reversed(BLENDERS):
        for script in (VENVS / recipe.name).glob("**/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"):
            python = next((VENVS / recipe.name).glob("[bS]*/python*"))
            return Packager(python, script, recipe.name)
    return None
