"""Makes the checkout importable as the one package ``maquette``, as the zip is inside Blender."""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _package() -> None:
    if "maquette" in sys.modules:
        return
    spec = ModuleSpec("maquette", loader=None, is_package=True)
    spec.submodule_search_locations = [str(ROOT)]
    sys.modules["maquette"] = importlib.util.module_from_spec(spec)


_package()
