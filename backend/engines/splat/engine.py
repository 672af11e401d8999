"""The engine Splats & Points: hands on the Gaussians or points it is given, for the surface block to mesh."""

from __future__ import annotations

from ...errors import BadRequest
from ...protocol import EngineInfo
from ...shapes import Shape
from ..engine import Conditioning, Watch

ACROSS_AT = {"fast": 128, "standard": 192, "fine": 256}


class SplatEngine:
    """Nothing to load: everything it knows is geometry."""

    info = EngineInfo(
        id="splat",
        title="Splats & Points",
        paper="",
        inputs=("cloud", "depths"),
        tier="embedded",
        code_licence="GPL-3.0-or-later",
        weights_licence="",
        makes=("mesh", "cloud"),
        status="Works offline on the processor, in seconds; the mesh is as good as the cloud.",
    )

    def generate(self, conditioning: Conditioning, watch: Watch) -> Shape:
        """The cloud itself, in the world frame. Raises BadRequest where there is none."""
        if conditioning.cloud is None:
            raise BadRequest("There is no cloud to make a mesh from.", "Choose a .ply of Gaussians or points.")
        return conditioning.cloud

    def resolution(self, preset: str) -> int:
        """Cells across the cloud's longest side, margins included."""
        return ACROSS_AT[preset]

    def unload(self) -> None:
        """Holds nothing."""
