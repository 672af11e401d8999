"""What an engine is: it turns conditioned input into a Shape, and says what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..imaging.framing import Framed
from ..protocol import EngineInfo, Scalar
from ..shapes import DepthView, GaussianCloud, PointCloud, Shape
from ..watch import Watch as Watch


@dataclass(frozen=True)
class Conditioning:
    """Everything an engine may look at."""

    images: tuple[Framed, ...] = ()
    cloud: GaussianCloud | PointCloud | None = None
    depths: tuple[DepthView, ...] = ()
    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    preset: str = "standard"
    options: dict[str, Scalar] = field(default_factory=dict)
    cutout: str = ""  # how the pictures were told from their backgrounds: one of imaging.cutout.MODES


class Engine(Protocol):
    """One folder under ``engines/``. Constructing it is cheap; weights load on first use and stay."""

    info: EngineInfo

    def generate(self, conditioning: Conditioning, watch: Watch) -> Shape:
        """Input as ``info.inputs`` promises → a Shape in, or with a warp to, the world frame."""
        ...

    def resolution(self, preset: str) -> int:
        """Cells across the x side of the shape's box at this preset."""
        ...

    def unload(self) -> None:
        """Gives back what loading took."""
        ...


class Remover(Protocol):
    """What an engine that makes cut-outs does: it tells an object from its background."""

    info: EngineInfo

    def matte(self, pixels: np.ndarray, watch: Watch, preset: str = "standard") -> np.ndarray:
        """``pixels`` (H, W, 4) uint8 straight sRGB, row 0 on top → alpha (H, W) float32 in [0, 1]."""
        ...

    def unload(self) -> None:
        """Gives back what loading took."""
        ...


class Catalogue(Protocol):
    """The engines there are: the package ``engines`` itself, or a test's own list."""

    def engines(self) -> tuple[EngineInfo, ...]:
        """Every engine, also those that cannot be used now. Cheap; imports nothing."""
        ...

    def load(self, id: str) -> Any:
        """The engine of that id, an Engine or a Remover by what its ``info.makes``; the same object each time."""
        ...

    def unload(self, keep: str = "") -> None:
        """Every engine but ``keep`` gives back what loading took."""
        ...
