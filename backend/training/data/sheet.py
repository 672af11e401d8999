"""``data sheet OUT``: training samples as a picture, to be looked at before anything is trained.

A row a sample: the network's input; z of the front and of the back surface (near is light); the front's normals; and
what the *field* holds along the same rays: the colour of its first surface, and of its last. The last two are asked
of the targets alone, so that whatever does not fit the pictures beside it is a bug.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from . import cameras
from .items import real, specimens, with_variants
from .sampler import CLEAN, Sampler, Scene, Styles
from .shards import FOLDER
from .store import Store

SIDE = 128


def main(arguments: Sequence[str]) -> int:
    """``python -m backend.training data sheet``."""
    parser = argparse.ArgumentParser(prog="backend.training data sheet", description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="a .png or .jpg")
    parser.add_argument("--data", type=Path, default=FOLDER, help="the folder shared/data")
    parser.add_argument("--objects", type=int, default=24, help="real objects to choose from")
    parser.add_argument("--specimens", type=int, default=8, help="objects of the grammar to choose from")
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clean", action="store_true", help="as validation sees them")
    options = parser.parse_args(arguments)
    items = chain(with_variants(real(options.data, "train", options.objects)), specimens(range(options.specimens)))
    store = Store.build(items, resolution=64, device=options.device)
    sampler = Sampler(store, points=256, styles=CLEAN if options.clean else Styles())
    generator = torch.Generator(options.device).manual_seed(options.seed)
    rows = [row(sampler, generator) for _ in range(options.samples)]
    half = (len(rows) + 1) // 2
    rows += [torch.ones_like(rows[0])] * (2 * half - len(rows))
    sheet = torch.cat([torch.cat(rows[:half]), torch.cat(rows[half:])], 1)
    Image.fromarray((sheet.clamp(0, 1).cpu().numpy() * 255 + 0.5).astype(np.uint8)).save(options.out)
    return 0


@torch.no_grad()
def row(sampler: Sampler, generator: torch.Generator) -> Tensor:
    """One sample as (SIDE, 6 · SIDE, 3) in [0, 1]."""
    store = sampler.store
    scene = sampler.scene(store.draw(1, generator), cameras.draw(1, generator, store.device), generator)
    image = sampler.input(scene, generator)
    maps = sampler.rays(scene)
    front, back = along_rays(sampler, scene)
    mask = maps.mask[:, None]
    depths = [torch.where(mask > 0, 0.55 + z[:, None] * 0.45, 1).expand(-1, 3, -1, -1) for z in (maps.front, maps.back)]
    normal = torch.where(mask > 0, maps.normal / 2 + 0.5, 1)
    parts = [image[:, :3] / 2 + 0.5, *depths, normal, front, back]
    parts = [functional.interpolate(part, size=(SIDE, SIDE), mode="area") for part in parts]
    return torch.cat(parts, 3)[0].permute(1, 2, 0)


def along_rays(sampler: Sampler, scene: Scene, side: int = 64, steps: int = 96) -> tuple[Tensor, Tensor]:
    """Colours (B, 3, side, side) of the field's first and last surface on each ray; white where it has none.

    Points of a ray lie at (u, v) (1 − k z), z, for z from 1.5 down to −1.5.
    """
    _, sdf, rgb = ray_fields(sampler, scene, side, steps)
    inside = sdf > 0
    some = inside.any(-1)
    first = inside.float().argmax(-1)
    last = steps - 1 - inside.flip(-1).float().argmax(-1)
    out = []
    for step in (first, last):
        colour = torch.gather(rgb, 3, step[..., None, None].expand(-1, -1, -1, 1, 3))[..., 0, :]
        out.append(torch.where(some[..., None], colour, torch.ones_like(colour)).permute(0, 3, 1, 2))
    return out[0], out[1]


def ray_fields(sampler: Sampler, scene: Scene, side: int, steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """z (steps,), and distance / 0.1 (B, side, side, steps) and colour (…, 3) there, rows from the top."""
    device = sampler.store.device
    u = (torch.arange(side, device=device) + 0.5) * (2 / side) - 1
    z = 1.5 - (torch.arange(steps, device=device) + 0.5) * (3 / steps)
    wide = 1 - scene.crops.k[:, None, None, None] * z
    x = u[None, None, :, None] * wide
    y = -u[None, :, None, None] * wide
    shape = (len(scene.which), side, side, steps)
    points = torch.stack([x.expand(shape), y.expand(shape), z.expand(shape)], -1)
    sdf, rgb = sampler.answers(scene, points.reshape(shape[0], -1, 3))
    return z, sdf.view(shape), rgb.view(*shape, 3)
