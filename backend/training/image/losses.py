"""What Pocket is taught by: the field at points, its normals, colour, entry and exit of the rays, the camera.

Occupancy first, then distance (Mescheder et al. 2019; Park et al. 2019): inside or outside is learned sooner, and a
field that begins as a distance stays timid about thin things. The weights move from one to the other along the
training's progress. What the picture says for certain is not taught: points that are seen beside the silhouette are
outside whatever the network thinks, because the engine cuts along the outline; they count only for a network without
a ray head, as they did in the first one's training.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ..data.batch import Batch, Maps
from .config import Config, Weights
from .network import CELLS, Encoded, Pocket, lift

TENTH = 0.1  # distances are in tenths of frame F's unit
SHARP = 6.0  # logit of inside per tenth
NEAR = 0.6  # tenths from the surface within which a point has its colour
FAR = 2.0  # frame units beyond which an error of a depth is no larger
CLOSE = 0.08  # an entry or exit this far off is half missed; F@0.1 counts within 0.086 of these units
NORMALS = 256  # points a sample at which the field's slope is compared with the surface's
STEP = 0.02  # of the finite differences there, frame units


def ramp(progress: float, weights: Weights) -> float:
    """0 while only inside and outside are learned, 1 when distance is, in between in between."""
    return min(1.0, max(0.0, (progress - weights.first) / max(weights.ramp - weights.first, 1e-9)))


def losses(
    model: Pocket, batch: Batch, config: Config, progress: float, generator: torch.Generator
) -> dict[str, Tensor]:
    """Named scalars; "loss" is their weighted sum. ``generator`` is on the CPU."""
    weights, layout = config.weights, model.layout
    shake = torch.randn(len(batch.k), generator=generator).to(batch.k) * config.noise
    maps = batch.maps.shrunk(64)
    result: dict[str, Tensor] = {}
    latent = None
    if layout.latent:
        mean, spread = model.posterior(occupied(maps, CELLS))
        noise = torch.randn(mean.shape, generator=generator).to(mean)
        latent = mean + noise * (0.5 * spread).exp()
        result["prior"] = 0.5 * (mean.square() + spread.exp() - spread - 1).sum(1).mean()
    e = model.encode(batch.image, batch.k * shake.exp(), latent)
    sdf, rgb = model.query(e, batch.points)
    counts = batch.inside.float()
    if layout.rays:
        counts = counts * (lift(batch.maps.mask[:, None], batch.points, batch.k)[..., 0] > 0.5)
    result |= field_losses(sdf, rgb, batch, counts)
    result["camera"] = ((e.camera.float() - batch.camera).square() * batch.camera.new_tensor([1.0, 10.0])).mean()
    seen = maps.mask > 0.5
    result["depth"] = _mean((e.depth - maps.front).abs().clamp(max=FAR), seen)
    share = ramp(progress, weights)
    scale = {
        "occupancy": weights.early_occupancy + (weights.occupancy - weights.early_occupancy) * share,
        "distance": weights.early_distance + (weights.distance - weights.early_distance) * share,
        "colour": weights.colour,
        "camera": weights.camera,
        "depth": weights.depth,
        "rays": weights.rays,
        "normal": weights.normal * share,
        "prior": weights.prior,
    }
    if e.rays is not None:
        error = (e.rays - torch.stack([maps.front, maps.back], 1)).abs()
        result["rays"] = _mean((error.clamp(max=FAR) + 0.3 * error / (error + CLOSE)).mean(1), seen)
    if scale["normal"] > 0:
        result["normal"] = normal_loss(model, e, batch, generator)
    result["loss"] = sum((scale[name] * value for name, value in result.items()), torch.zeros((), device=sdf.device))
    return result


def field_losses(sdf: Tensor, rgb: Tensor, batch: Batch, counts: Tensor) -> dict[str, Tensor]:
    """Distance, occupancy and colour at the points, each weighted by ``counts`` (B,N)."""
    near = (batch.sdf.abs() < NEAR) * counts
    return {
        "distance": _mean(functional.smooth_l1_loss(sdf, batch.sdf, beta=0.2, reduction="none"), counts),
        "occupancy": _mean(
            functional.binary_cross_entropy_with_logits(sdf * SHARP, (batch.sdf > 0).float(), reduction="none"), counts
        ),
        "colour": _mean((rgb - batch.rgb).abs().mean(-1), near),
    }


def normal_loss(model: Pocket, e: Encoded, batch: Batch, generator: torch.Generator) -> Tensor:
    """1 − cosine between the field's slope and the normal of the surface that the camera sees."""
    maps = batch.maps
    n, side = len(maps.mask), maps.mask.shape[-1]
    flat = maps.mask.flatten(1).cpu() + 1e-6
    pick = torch.multinomial(flat, NORMALS, replacement=True, generator=generator).to(maps.mask.device)
    z = maps.front.flatten(1).gather(1, pick)
    u, v = (pick % side + 0.5) * (2 / side) - 1, 1 - (pick // side + 0.5) * (2 / side)
    narrow = 1 - batch.k[:, None] * z
    points = torch.stack([u * narrow, v * narrow, z], -1)
    steps = torch.eye(3, device=z.device) * STEP
    around = (points[:, :, None, None] + torch.stack([steps, -steps], 0)).reshape(n, -1, 3)
    with torch.autocast(z.device.type, enabled=False):  # differences of halves would be noise
        values = model.query(e, around)[0].view(n, NORMALS, 2, 3)
    slope = functional.normalize(values[:, :, 1] - values[:, :, 0], dim=-1, eps=1e-4)  # positive inside: outwards
    normal = maps.normal.flatten(2).gather(2, pick[:, None].expand(-1, 3, -1)).transpose(1, 2)
    return _mean(1 - (slope * normal).sum(-1), maps.mask.flatten(1).gather(1, pick))


def occupied(maps: Maps, size: tuple[int, int, int]) -> Tensor:
    """What lies between entry and exit of each ray, (B,1,X,Y,Z): columns, rows from below, depth."""
    x, _, z = size
    small = maps.shrunk(x)
    depths = ((torch.arange(z, device=small.mask.device) + 0.5) / z * 2 - 1) * 1.5
    within = (depths < small.front[..., None]) & (depths > small.back[..., None]) & (small.mask[..., None] > 0.5)
    return within.flip(1).transpose(1, 2).float()[:, None]


def _mean(values: Tensor, counts: Tensor) -> Tensor:
    counts = counts.float()
    return (values.float() * counts).sum() / counts.sum().clamp(min=1)
