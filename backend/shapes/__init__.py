"""The Shape classes: what an engine returns and a surface is extracted from."""

from .depths import DepthView
from .fields import DensityField, SignedDistanceField
from .mesh import TriangleMesh
from .points import GaussianCloud, PointCloud

Shape = SignedDistanceField | DensityField | GaussianCloud | PointCloud | TriangleMesh

__all__ = ["DensityField", "DepthView", "GaussianCloud", "PointCloud", "Shape", "SignedDistanceField", "TriangleMesh"]
