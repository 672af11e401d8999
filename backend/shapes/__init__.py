"""The Shape classes: what an engine returns and a surface is extracted from."""

from .fields import DensityField, SignedDistanceField
from .mesh import TriangleMesh
from .points import GaussianCloud, PointCloud

Shape = SignedDistanceField | DensityField | GaussianCloud | PointCloud | TriangleMesh

__all__ = ["DensityField", "GaussianCloud", "PointCloud", "Shape", "SignedDistanceField", "TriangleMesh"]
