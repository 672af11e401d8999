"""Pocket in PyTorch, for training; ``backend.engines.pocket.network`` runs the same weights in NumPy.

A view-aligned volume with image features lifted along the camera's rays (the idea is that of PIFu, Saito et al. 2019,
on a volume that a transformer fills). Frame F, the layout and what its parts mean are described there and in
``layout.py``. Names and shapes of the tensors are ``Layout.shapes()``; besides these there is, in training only, the
``posterior``, which sees the truth and tells the latent numbers what the picture does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...engines.pocket.layout import PATCHES, SHELL, TOKENS, Layout
from ...engines.pocket.network import AROUND, FAR, K_BEFORE, K_RANGE

CELLS = (32, 32, 48)  # of the truth that the posterior sees
TRAINED_ONLY = "posterior."


@dataclass(frozen=True)
class Encoded:
    """What the network knows of a batch. ``volume`` (B,C,64,64,96), axes x, y, z · ``image`` (B,C,128,128) ·
    ``depth`` (B,64,64) z of the visible surface · ``camera`` (B,2) sine of the elevation and k as predicted · ``k``
    (B,) the one that was used · ``picture`` (B,4,256,256) · ``rays`` (B,2,64,64) entry and exit · ``shell``
    (B,C,SHELL,64,64).
    """

    volume: Tensor
    image: Tensor
    depth: Tensor
    camera: Tensor
    k: Tensor
    picture: Tensor
    rays: Tensor | None
    shell: Tensor | None


class Block(nn.Module):
    """Pre-norm transformer block with normalised queries and keys (Dehghani et al. 2023, §2)."""

    def __init__(self, width: int, heads: int, drop: float):
        super().__init__()
        self.heads, self.drop = heads, drop
        self.n1, self.n2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.o = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.qn, self.kn = (nn.LayerNorm(width // heads, bias=False) for _ in range(2))
        self.f1, self.f2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B,N,D) → (B,N,D)."""
        q, k, v = self.qkv(self.n1(x)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(self.qn(q).to(v.dtype), self.kn(k).to(v.dtype), v)
        x = x + self._dropped(self.o(attended.transpose(1, 2).flatten(2)))
        return x + self._dropped(self.f2(functional.gelu(self.f1(self.n2(x)))))

    def _dropped(self, y: Tensor) -> Tensor:
        """Whole residuals of some samples are left out in training (Huang et al. 2016)."""
        if not self.training or not self.drop:
            return y
        keep = torch.rand(len(y), 1, 1, device=y.device) >= self.drop
        return y * (keep / (1 - self.drop)).to(y.dtype)


class Posterior(nn.Module):
    """The truth's occupancy (B,1,32,32,48) → mean and logarithm of the variance (B,latent) of what is to be known."""

    def __init__(self, latent: int):
        super().__init__()
        widths = (1, 16, 32, 48, 64)
        self.layers = nn.ModuleList(nn.Conv3d(a, b, 3, 2, 1) for a, b in pairwise(widths))
        self.out = nn.Linear(widths[-1], 2 * latent)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, occupancy: Tensor) -> tuple[Tensor, Tensor]:
        x = occupancy * 2 - 1
        for layer in self.layers:
            x = functional.gelu(layer(x))
        mean, variance = self.out(x.mean((2, 3, 4))).float().chunk(2, 1)
        return mean, variance.clamp(-8, 4)


class Pocket(nn.Module):
    """The network; every tensor of its state but the posterior's ships."""

    def __init__(self, layout: Layout, drop: float = 0.05):
        super().__init__()
        self.layout = layout
        d, tokens = layout.width, TOKENS[0] * TOKENS[1] * TOKENS[2]
        s128, s64, s32 = layout.stem
        p64, pa, f64, pb, f128 = layout.picture
        v16, va, v32, v64 = layout.volume
        down = lambda a, b: nn.Conv2d(a, b, 3, 2, 1)  # noqa: E731
        self.c1, self.c2, self.c3, self.c4 = down(4, s128), down(s128, s64), down(s64, s32), down(s32, d)
        self.r2, self.r3 = _pair(s64, s64, s64), _pair(s32, s32, s32)
        self.ipos = nn.Parameter(torch.randn(1, PATCHES**2, d) * 0.02)
        self.vpos = nn.Parameter(torch.randn(1, tokens, d) * 0.02)
        self.cam = nn.Parameter(torch.randn(1, 1, d) * 0.02)
        self.vin = nn.Linear(d, d)
        self.blocks = nn.ModuleList(Block(d, layout.heads, drop) for _ in range(layout.depth))
        self.norm, self.camhead = nn.LayerNorm(d), nn.Linear(d, 2)
        self.iup, self.i64 = nn.Linear(d, 16 * p64), _pair(p64 + s64, pa, f64)
        self.i128, self.depth = _pair(f64 + s128, pb, f128), nn.Conv2d(f64, 1, 1)
        self.vup = nn.Linear(d, 8 * v16)
        self.v16 = nn.Sequential(nn.Conv3d(v16 + f64, va, 3, 1, 1), nn.GELU(), nn.Conv3d(va, 8 * v32, 1))
        self.v32 = nn.Sequential(nn.Conv3d(v32, v32, 3, 1, 1), nn.GELU(), nn.Conv3d(v32, 8 * v64, 1))
        self.v64 = nn.Conv3d(v64, v64, 3, 1, 1)
        h, values = layout.head, nn.Linear(layout.head, 4)
        nn.init.zeros_(values.weight)
        nn.init.zeros_(values.bias)
        self.mlp = nn.Sequential(nn.Linear(layout.point, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), values)
        if layout.rays:
            r = layout.rays
            convolution = lambda a: nn.Conv2d(a, r, 3, 1, 1)  # noqa: E731
            last = nn.Conv2d(r, 2 + SHELL * layout.shell, 1)
            with torch.no_grad():
                last.weight[:2] = 0
            nn.init.zeros_(last.get_parameter("bias"))
            self.rays = nn.Sequential(convolution(p64 + f64), nn.GELU(), convolution(r), nn.GELU(), last)
            self.between = nn.Parameter(torch.ones(1))
        if layout.latent:
            self.lin, self.posterior = nn.Linear(layout.latent, d), Posterior(layout.latent)

    def shipped(self) -> dict[str, Tensor]:
        """The tensors that ship, by name."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith(TRAINED_ONLY)}

    def encode(self, picture: Tensor, k: Tensor | None = None, latent: Tensor | None = None) -> Encoded:
        """``picture`` (B,4,256,256) in [−1, 1], colour over grey and alpha; ``k`` (B,) where the camera is known."""
        n, layout = len(picture), self.layout
        f128 = functional.gelu(self.c1(picture))
        f64 = functional.gelu(self.c2(f128))
        f64 = f64 + self.r2(f64)
        f32 = functional.gelu(self.c3(f64))
        f32 = f32 + self.r3(f32)
        f16 = self.c4(f32)
        before = torch.full((n,), K_BEFORE, device=picture.device)
        volume = self.vin(lift(f16, _cells(TOKENS, picture), before).to(f16.dtype)) + self.vpos
        if layout.latent:
            numbers = torch.zeros(n, layout.latent, device=picture.device) if latent is None else latent
            volume = volume + self.lin(numbers)[:, None]
        tokens = torch.cat([self.cam.expand(n, -1, -1), f16.flatten(2).transpose(1, 2) + self.ipos, volume], 1)
        for block in self.blocks:
            tokens = block(tokens)
        tokens = self.norm(tokens)
        camera = self.camhead(tokens[:, 0])
        used = camera[:, 1].detach().float().clamp(*K_RANGE) if k is None else k
        first = 1 + PATCHES**2
        up = functional.pixel_shuffle(self.iup(tokens[:, 1:first]).transpose(1, 2).unflatten(2, (PATCHES, PATCHES)), 4)
        f64 = self.i64(torch.cat([up, f64], 1))
        doubled = functional.interpolate(f64, scale_factor=2, mode="bilinear", align_corners=False)
        image = self.i128(torch.cat([doubled, f128], 1))
        depth = self.depth(f64)[:, 0].float()
        rays, shell = self._meet(up, f64, depth) if layout.rays else (None, None)
        return Encoded(self._carve(tokens[:, first:], f64, used), image, depth, camera, used, picture, rays, shell)

    def _meet(self, up: Tensor, f64: Tensor, depth: Tensor) -> tuple[Tensor, Tensor | None]:
        y = self.rays(torch.cat([up, f64], 1)).float()
        entry = depth + y[:, 0]
        rays = torch.stack([entry, entry - 0.5 * functional.softplus(y[:, 1])], 1)
        if not self.layout.shell:
            return rays, None
        return rays, y[:, 2:].unflatten(1, (SHELL, -1)).transpose(1, 2)

    def _carve(self, tokens: Tensor, f64: Tensor, k: Tensor) -> Tensor:
        v = shuffle(self.vup(tokens).transpose(1, 2).unflatten(2, TOKENS))
        cells = (2 * TOKENS[0], 2 * TOKENS[1], 2 * TOKENS[2])
        lifted = lift(f64, _cells(cells, f64), k).transpose(1, 2).unflatten(2, cells)
        v = self.v16(torch.cat([v, lifted.to(v.dtype)], 1))
        return self.v64(shuffle(self.v32(shuffle(v))))

    def query(self, e: Encoded, points: Tensor) -> tuple[Tensor, Tensor]:
        """``points`` (B,N,3) in frame F → signed distance in tenths of its unit (B,N), positive inside, and sRGB
        (B,N,3) in [0, 1]; float32.
        """
        with torch.autocast(points.device.type, enabled=False):  # the scatter of the backward pass is slow in halves
            place = points / torch.tensor([1, 1, 1.5], device=points.device)
            known = [
                _sampled(e.volume, place.flip(-1)),
                lift(e.image, points, e.k),
                lift(e.picture, points, e.k),
                points,
            ]
            inside: Tensor | float = 0.0
            if e.rays is not None:
                entry, leaving = lift(e.rays, points, e.k).unbind(-1)
                before, behind = (entry - points[..., 2]) / 0.1, (points[..., 2] - leaving) / 0.1
                known.append(torch.stack([before, behind], -1).clamp(-FAR, FAR))
                inside = self.between * torch.minimum(before, behind).clamp(-1, 1)
                if e.shell is not None:
                    along = (points[..., 2] - (entry + leaving) / 2) / ((entry - leaving) / 2 + AROUND)
                    known.append(_sampled(e.shell, torch.cat([project(points, e.k), along[..., None]], -1)))
            x = torch.cat(known, -1)
        y = self.mlp(x).float()
        return y[..., 0] + inside, torch.sigmoid(y[..., 1:])


def warm_start(model: Pocket, tensors: Mapping[str, Tensor]) -> list[str]:
    """Takes over what ``tensors`` (of another layout, as a rule Pocket 0) share with ``model``; → names that it lacks.

    A first layer of the head that has become wider begins with zeros for what is new, and ``between`` with zero, so
    that the field is at first the one that the old network knew.
    """
    own, missing = model.state_dict(), []
    for name, mine in own.items():
        theirs = tensors.get(name)
        if theirs is not None and theirs.shape == mine.shape:
            mine.copy_(theirs)
        elif theirs is not None and name == "mlp.0.weight" and theirs.shape[0] == mine.shape[0]:
            mine.zero_()[:, : theirs.shape[1]].copy_(theirs)
        else:
            if name == "between":
                mine.zero_()
            missing.append(name)
    model.load_state_dict(own)
    return missing


def project(points: Tensor, k: Tensor) -> Tensor:
    """(B,N,3) in frame F → (B,N,2) crop coordinates, v pointing down as in images."""
    shrink = 1 / (1 - k[:, None] * points[..., 2]).clamp(min=0.2)
    return torch.stack([points[..., 0] * shrink, -points[..., 1] * shrink], -1)


def lift(maps: Tensor, points: Tensor, k: Tensor) -> Tensor:
    """Features (B,C,H,W) where the ``points`` (B,N,3) are seen → (B,N,C) float32."""
    with torch.autocast(maps.device.type, enabled=False):
        return _sampled(maps, project(points.float(), k.float()))


def shuffle(x: Tensor) -> Tensor:
    """(B,8C,X,Y,Z) → (B,C,2X,2Y,2Z), C slowest: sub-voxel shuffle (Shi et al. 2016, in three dimensions)."""
    n, _, *size = x.shape
    x = x.reshape(n, -1, 2, 2, 2, *size).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return x.reshape(n, -1, *(2 * s for s in size))


def cell_centres(size: tuple[int, int, int], device: torch.device) -> Tensor:
    """(x·y·z, 3) centres of the cells that fill frame F's box, z fastest."""
    axes = [((torch.arange(n, device=device) + 0.5) / n * 2 - 1) * e for n, e in zip(size, (1, 1, 1.5), strict=True)]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def _cells(size: tuple[int, int, int], like: Tensor) -> Tensor:
    return cell_centres(size, like.device)[None].expand(len(like), -1, -1)


def _pair(a: int, b: int, c: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(a, b, 3, 1, 1), nn.GELU(), nn.Conv2d(b, c, 3, 1, 1))


def _sampled(grid: Tensor, where: Tensor) -> Tensor:
    """Multilinear: (B,C,*S) at (B,N,n), the fastest axis first → (B,N,C) float32."""
    n, points, axes = where.shape
    shape = (n, 1, points, 2) if axes == 2 else (n, 1, 1, points, 3)
    y = functional.grid_sample(
        grid.float().contiguous(), where.float().view(shape), align_corners=False, padding_mode="border"
    )
    return y.flatten(2).transpose(1, 2)
