"""The GPU runtime: a private Python environment with PyTorch, in ``<data folder>/gpu``.

Blender's own Python starts this code and is the environment's base, but nothing is ever put into Blender's folders:
extensions share one site-packages there and would break one another. ``python -m backend runtime`` installs, checks
and removes; whoever starts a backend asks ``interpreter``. Standard library only.
"""

from __future__ import annotations

import os
from pathlib import Path

from .place import Place


def interpreter(data_dir: str | os.PathLike[str]) -> Path | None:
    """The environment's Python, None while it is not (wholly) installed or its base has gone. Costs two looks at the
    disk."""
    place = Place(Path(data_dir) / "gpu")
    return place.python if place.installed() is not None and place.python.exists() else None
