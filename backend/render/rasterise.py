"""One picture of Gaussians, by whatever is at hand."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from ..errors import BadRequest
from ..shapes import DepthView, GaussianCloud
from . import gaussians_reference
from .cameras import Camera
from .gaussians_reference import LOW_PASS, NEAR, Rendering

BACKENDS = ("auto", "gsplat", "torch", "numpy", "reference")


def rasterise(cloud: GaussianCloud, camera: Camera, backend: str = "auto", device: str = "auto") -> Rendering:
    """``cloud`` seen by ``camera``, as NumPy arrays.

    ``backend``: gsplat (only on CUDA; it caps alpha at 0.999, its depth is the centres' and it tells no median), torch
    (ours, on any device), numpy (ours, needs nothing else), reference (float64, slow); auto takes the first of these
    that is there, never the reference. ``device`` is torch's name of one, or auto: CUDA, else Apple's, else the
    processor.
    Raises BadRequest where the backend is not there or is unknown.
    """
    if backend not in BACKENDS:
        raise BadRequest(f"There is no renderer {backend!r}.", f"Choose one of: {', '.join(BACKENDS)}.")
    if backend == "reference":
        return gaussians_reference.render(cloud, camera)
    if backend == "numpy" or (backend == "auto" and find_spec("torch") is None):
        from . import gaussians_numpy

        return gaussians_numpy.render(cloud, camera)
    if find_spec("torch") is None:
        raise BadRequest("PyTorch is not installed here.", "Install GPU engines first, or choose the renderer numpy.")
    device = _device() if device == "auto" else device
    if backend == "gsplat" or (backend == "auto" and device.startswith("cuda") and find_spec("gsplat") is not None):
        return _with_gsplat(cloud, camera, device)
    return _with_torch(cloud, camera, device)


def view(rendering: Rendering, camera: Camera, opaque: float = 0.5) -> DepthView:
    """The rendering as what a depth camera would give: the median depth where that is known, where at least ``opaque``
    of what is behind is covered; infinite elsewhere.
    """
    depth = rendering.depth if rendering.median is None else rendering.median
    seen = np.where(rendering.alpha >= opaque, depth, np.inf).astype(np.float32)
    return DepthView(rendering.rgba, seen, camera.to_world.astype(np.float32), camera.fov, camera.extent)


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _tensors(cloud: GaussianCloud, device: str) -> list[Any]:
    import torch

    arrays = (cloud.means, cloud.scales, cloud.rotations, cloud.opacities, cloud.colours)
    return [torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(device) for array in arrays]


def _with_torch(cloud: GaussianCloud, camera: Camera, device: str) -> Rendering:
    import torch

    from . import gaussians

    with torch.no_grad():
        means, scales, rotations, opacities, colours = _tensors(cloud, device)
        rgb, alpha, depth, median = gaussians.render(means, scales, rotations, opacities, colours, camera)
    return Rendering(*(tensor.cpu().numpy() for tensor in (rgb, alpha, depth, median)))


def _with_gsplat(cloud: GaussianCloud, camera: Camera, device: str) -> Rendering:
    """By Ye et al.'s library (Apache-2.0). It needs a GPU of NVIDIA's and its kernels, compiled."""
    import torch

    try:
        import gsplat
    except ImportError as error:
        raise BadRequest(f"gsplat cannot be used here: {error}.", "Choose the renderer torch.") from error
    means, scales, rotations, opacities, colours = _tensors(cloud, device)
    with torch.no_grad():
        pictures, alphas, _ = gsplat.rasterization(
            means=means,
            quats=rotations,
            scales=scales,
            opacities=opacities,
            colors=colours,
            viewmats=torch.as_tensor(camera.view, dtype=torch.float32, device=device)[None],
            Ks=torch.as_tensor(camera.intrinsics, dtype=torch.float32, device=device)[None],
            width=camera.width,
            height=camera.height,
            near_plane=NEAR,
            eps2d=LOW_PASS,
            render_mode="RGB+ED",
            camera_model="pinhole" if camera.fov else "ortho",
        )
    picture, alpha = pictures[0].cpu().numpy(), alphas[0, ..., 0].cpu().numpy()
    return Rendering(picture[..., :3], alpha, np.where(alpha > 0, picture[..., 3], np.inf), None)
