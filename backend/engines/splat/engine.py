"""The engine Splats & Points: Gaussians, points or depth pictures that are there already → a mesh. No network."""

from __future__ import annotations

from ...errors import BadRequest
from ...protocol import EngineInfo
from ...shapes import GaussianCloud, PointCloud, Shape
from ...surface.depth_points import points_of
from ...surface.fuse import mesh_carved, mesh_fused
from ...surface.opacity_field import BLOCKS, mesh_opacity
from ..engine import Conditioning, Watch

ACROSS_AT = {"fast": 128, "standard": 192, "fine": 256}
METHODS = ("poisson", "carve", "opacity")


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
        memory={"fast": 200 << 20, "standard": 500 << 20, "fine": 1100 << 20},
        makes=("mesh", "cloud"),
        options={
            "method": "poisson (one closed skin), carve (what no view denies), or opacity (DreamGaussian's field)",
        },
        status="Works offline on the processor, in seconds; the mesh is as good as the cloud.",
    )

    def generate(self, conditioning: Conditioning, watch: Watch) -> Shape:
        """The cloud in the world frame, which ``surface.extract`` meshes by Poisson's equation; or, where another
        ``method`` is asked for, that one's mesh. Depth views become points with normals.

        Raises BadRequest where there is nothing to mesh or the method is unknown or needs what is not there,
        EmptySurface where nothing is to be seen, Cancelled where the watch says so.
        """
        method = conditioning.options.get("method", "poisson")
        if method not in METHODS:
            raise BadRequest(f"There is no method {str(method)[:40]!r}.", f"Choose one of: {', '.join(METHODS)}.")
        resolution = self.resolution(conditioning.preset)
        cloud = conditioning.cloud
        if cloud is None and not conditioning.depths:
            raise BadRequest("There is no cloud to make a mesh from.", "Choose a .ply of Gaussians or points.")
        if method == "opacity" and not isinstance(cloud, GaussianCloud):
            raise BadRequest("Only Gaussians have an opacity field.", "Choose the method poisson.")
        if method == "carve" and isinstance(cloud, PointCloud):
            raise BadRequest("Points hide nothing, so there is nothing to carve by.", "Choose the method poisson.")
        if method == "opacity" and isinstance(cloud, GaussianCloud):
            return mesh_opacity(cloud, resolution // BLOCKS * BLOCKS, watch)
        if method == "carve" and isinstance(cloud, GaussianCloud):
            return mesh_carved(cloud, resolution, watch)
        if cloud is not None:
            return cloud
        if method == "carve":
            return mesh_fused(conditioning.depths, resolution, watch)
        return points_of(conditioning.depths, watch)

    def resolution(self, preset: str) -> int:
        """Cells across the cloud's longest side, margins included."""
        return ACROSS_AT[preset]

    def unload(self) -> None:
        """Holds nothing."""
