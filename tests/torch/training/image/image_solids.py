"""Batches of tilted ellipsoids by formula: what the real loader gives, for tests that need no meshes."""

import torch
from maquette.backend.training.data.batch import Batch, Maps

SIDE = 128


def batch(count: int, generator: torch.Generator, points: int = 512) -> Batch:
    """Ellipsoids about the middle of frame F, seen with a weak perspective; lit by their own normals."""
    uniform = lambda low, high, *size: low + (high - low) * torch.rand(*size, generator=generator)  # noqa: E731
    radii = torch.stack([uniform(0.4, 0.8, count), uniform(0.4, 0.8, count), uniform(0.3, 0.9, count)], 1)
    colour = uniform(0.2, 0.9, count, 3)
    k = uniform(0.1, 0.3, count)
    camera = torch.stack([uniform(0, 0.5, count), k], 1)
    axis = (torch.arange(256) + 0.5) / 128 - 1
    mask, front, back = _meet(radii, k, axis)
    z = torch.where(mask, front, torch.zeros_like(front))
    narrow = 1 - k[:, None, None] * z
    u, v = axis[None, None, :].expand_as(z), (-axis)[None, :, None].expand_as(z)
    surface = torch.stack([u * narrow, v * narrow, z], 1)
    normal = torch.nn.functional.normalize(surface / radii[:, :, None, None] ** 2, dim=1)
    shade = (0.4 + 0.6 * normal[:, 2:].clamp(min=0)) * colour[:, :, None, None]
    alpha = mask[:, None].float()
    image = torch.cat([shade * alpha + 0.5 * (1 - alpha), alpha], 1) * 2 - 1
    place = torch.cat(
        [
            _on(radii, points // 2, generator) + 0.05 * torch.randn(count, points // 2, 3, generator=generator),
            (torch.rand(count, points - points // 2, 3, generator=generator) * 2 - 1) * torch.tensor([1, 1, 1.5]),
        ],
        1,
    )
    length = (place / radii[:, None]).norm(dim=2)
    distance = (1 - length) * length / (place / radii[:, None] ** 2).norm(dim=2).clamp(min=1e-3)
    half = slice(None, None, 2)
    maps = Maps(
        mask[:, half, half].float(),
        z[:, half, half],
        torch.where(mask, back, torch.zeros_like(back))[:, half, half],
        (normal * alpha)[:, :, half, half],
    )
    return Batch(
        image=image,
        points=place,
        sdf=(distance / 0.1).clamp(-1, 1),
        rgb=colour[:, None].expand(-1, points, -1).contiguous(),
        inside=(place.abs() < torch.tensor([1, 1, 1.5])).all(2),
        camera=camera,
        maps=maps,
        which=torch.arange(count),
    )


def _meet(radii: torch.Tensor, k: torch.Tensor, axis: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Where the ray (u·(1 − k·z), v·(1 − k·z), z) enters and leaves, by the quadratic in z."""
    u, v = axis[None, None, :] / radii[:, 0, None, None], -axis[None, :, None] / radii[:, 1, None, None]
    across, c = u**2 + v**2, radii[:, 2, None, None]
    k = k[:, None, None]
    a, b = across * k**2 + 1 / c**2, -2 * across * k
    inside = b**2 - 4 * a * (across - 1)
    root = inside.clamp(min=0).sqrt()
    return inside > 0, (-b + root) / (2 * a), (-b - root) / (2 * a)


def _on(radii: torch.Tensor, points: int, generator: torch.Generator) -> torch.Tensor:
    direction = torch.nn.functional.normalize(torch.randn(len(radii), points, 3, generator=generator), dim=2)
    return direction * radii[:, None]
