"""What an engine is: it turns conditioned input into a Shape, and says what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ..imaging.framing import Framed
from ..protocol import EngineInfo, Scalar
from ..shapes import Shape


@dataclass(frozen=True)
class Conditioning:
    """Everything an engine may look at."""

    images: tuple[Framed, ...] = ()
    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    preset: str = "standard"
    options: dict[str, Scalar] = field(default_factory=dict)


@dataclass
class Watch:
    """How a running job speaks and listens. Every loop calls ``step`` and so can be cancelled.

    ``step(fraction, detail)`` reports the fraction of the current stage and raises Cancelled once the user
    asked for it; ``warn`` adds a sentence to the result's report; ``preview`` shows an early mesh.
    """

    step: Callable[..., None] = lambda fraction=0.0, detail="": None
    warn: Callable[[str], None] = lambda sentence: None
    preview: Callable[[object], None] = lambda mesh: None  # takes a TriangleMesh in the world frame


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
