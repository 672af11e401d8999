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


def _no_folder_is_torch() -> None:
    """pytest puts this folder on the path, where tests/torch would pass for PyTorch if that is not installed."""
    found = importlib.util.find_spec("torch") if "torch" not in sys.modules else None
    if found is not None and found.origin is None:
        sys.modules["torch"] = None  # "not there", for import and find_spec alike


_package()
_no_folder_is_torch()
