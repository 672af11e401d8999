"""What was made by what: latents by an autoencoder, a flow on its latents, students by a flow.

Each file names in its header, by a digest of its weights, the network that it was made by. A network that is trained on
later is another one: what the former has made would be taken for the new one's in silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from .. import checkpoint


class Outdated(Exception):
    """A file was made by another network than the one that is there now."""

    def __init__(self, path: Path, maker: str):
        super().__init__(
            f"{path} was made by another {maker} than the one in this folder, which was trained on since. Delete "
            f"{path.parent} and run its stage again, or put the former {maker} back."
        )


def digest(tensors: Mapping[str, Tensor]) -> str:
    """Of a state dictionary: the same wherever its tensors lie and in whatever order."""
    result = hashlib.sha256()
    for name in sorted(tensors):
        result.update(f"{name} {tuple(tensors[name].shape)}".encode())
        result.update(tensors[name].detach().float().cpu().contiguous().numpy().tobytes())
    return result.hexdigest()[:16]


def demand(path: Path, maker: str, wanted: str | None) -> None:
    """Raises Outdated where ``path`` names another ``maker`` ("autoencoder", "flow") than ``wanted``. A file that is
    not there, or names none, passes, and so does everything where nothing is wanted.
    """
    if wanted is None or not path.exists():
        return
    if checkpoint.facts(path).get(maker, wanted) != wanted:
        raise Outdated(path, maker)
