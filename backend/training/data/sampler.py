"""Draws batches: warps objects, looks at them, paints and lights them, spoils the picture, and asks their fields.

The crop is chosen before anything is drawn, from the projected vertices, so that the picture is rendered in the
network's own frame at full sharpness, and no empty crop can come of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.nn import functional

from . import augment, cameras, defects, lights, shading, textures
from .batch import BAND, BOX, Batch, Maps
from .cameras import Cameras, Crops
from .defects import Chances
from .rasterise import Hits, barycentric, rasterise
from .store import BAND as STORED
from .store import LEAST_COVER, Pieces, Store


@dataclass(frozen=True)
class Styles:
    """Shares of what is random about a sample; the defaults are for training, ``CLEAN`` for validation."""

    warp: bool = True
    texture: float = 0.25  # of objects that have colours of their own; see textures.draw
    shares: tuple[float, float, float, float] = shading.SHARES
    trimmed: float = 0.1  # of the objects reach beyond the picture's border
    jitter: bool = True  # of the crop about the object
    defects: Chances | None = field(default_factory=Chances)


CLEAN = Styles(warp=False, texture=0, shares=(0.0, 1.0, 0.0, 0.0), trimmed=0, jitter=False, defects=None)


@dataclass(frozen=True)
class Scene:
    """What one batch shows: the warped meshes in the world, and how they are looked at."""

    which: Tensor
    pieces: Pieces
    warps: augment.Warps
    world: Tensor
    crops: Crops
    paint: textures.Textures


class Sampler:
    """Draws batches from a store, on the store's device; by the generator, which must be on that device too."""

    def __init__(
        self,
        store: Store,
        points: int = 8192,
        styles: Styles | None = None,
        size: int = 256,
        maps: int = 128,
        supersample: int = 2,
    ):
        self.store, self.points, self.styles = store, points, styles or Styles()
        self.size, self.maps, self.supersample = size, maps, supersample

    @torch.no_grad()
    def draw(self, count: int, generator: torch.Generator) -> Batch:
        """``count`` samples of random objects, seen by random cameras."""
        which = self.store.draw(count, generator)
        return self.at(which, cameras.draw(count, generator, self.store.device), generator)

    @torch.no_grad()
    def at(self, which: Tensor, looked: Cameras, generator: torch.Generator) -> Batch:
        """Samples of the objects ``which`` (B,), each seen by the camera of its place in ``looked``."""
        scene = self.scene(which, looked, generator)
        image = self.input(scene, generator)
        points, sdf, rgb = self.targets(scene, generator)
        return Batch(
            image=image,
            points=points,
            sdf=sdf,
            rgb=rgb,
            inside=(points.abs() < points.new_tensor(BOX)).all(-1),
            camera=torch.stack([scene.crops.cameras.elevation.sin(), scene.crops.k], 1),
            maps=self.rays(scene),
            which=which,
        )

    def scene(self, which: Tensor, looked: Cameras, generator: torch.Generator) -> Scene:
        """Warps the objects into the unit sphere and frames them; where next to nothing would be seen (a sheet from
        its edge), the camera goes to where most of the object shows."""
        count, device, styles = len(which), self.store.device, self.styles
        pieces = self.store.gather(which)
        warps = augment.draw(count, generator, device) if styles.warp else augment.none(count, device)
        world = warps.forward(pieces.points, pieces.owner)
        low, high = cameras.bounds(world, pieces.owner, count)
        middle = (low + high) / 2
        reach = (world - middle[pieces.owner]).norm(dim=1)[:, None]
        scale = 0.9 / cameras.bounds(reach, pieces.owner, count)[1][:, 0].clamp(min=1e-6)
        warps = warps.after(middle, scale)
        world = warps.forward(pieces.points, pieces.owner)
        fill, shift, trim = self._framing(count, generator)
        crops = cameras.crop(looked, looked.see(world, pieces.owner), pieces.owner, fill, shift, trim)
        paint = textures.draw(self.store.plain[which], generator, styles.texture) if styles.texture else None
        scene = Scene(which, pieces, warps, world, crops, paint or textures.none(count, device))
        lost = self._covered(scene) < LEAST_COVER
        if lost.any():
            broad = augment.inverse_transposed(warps.linear, self.store.broad[which])
            looked = cameras.toward(looked, broad, lost)
            trim = torch.where(lost[:, None], torch.zeros_like(trim), trim)
            crops = cameras.crop(looked, looked.see(world, pieces.owner), pieces.owner, fill, shift, trim)
            scene = replace(scene, crops=crops)
        return scene

    def input(self, scene: Scene, generator: torch.Generator) -> Tensor:
        """The network's input (B, 4, S, S) in [-1, 1], with its defects."""
        colour, alpha = self.picture(scene, generator)
        chances = self.styles.defects
        image = defects.spoil(colour, alpha, generator, chances) if chances else defects.as_input(colour, alpha)
        return image.clamp(-1, 1)

    def picture(self, scene: Scene, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Premultiplied sRGB (B, 3, S, S) and coverage (B, 1, S, S) in [0, 1]."""
        side = self.size * self.supersample
        count = len(scene.which)
        hits, screen = self._hits(scene, side)
        looks = shading.draw(count, generator, self.store.device, self.styles.shares)
        lit = lights.draw(scene.crops.cameras.axes[:, 2], generator)
        owner, row, column = (hits.mask & scene.crops.within(side)).nonzero(as_tuple=True)
        rgb = self._surface_colour(scene, hits, screen, owner, row, column, looks, lit)
        out = torch.zeros(count, side, side, 4, device=rgb.device)
        out[owner, row, column] = torch.cat([rgb, torch.ones_like(rgb[:, :1])], 1)
        out = functional.avg_pool2d(out.permute(0, 3, 1, 2), self.supersample)
        return out[:, :3], out[:, 3:]

    def rays(self, scene: Scene) -> Maps:
        """Where each ray of the maps enters the object, leaves it, and what it meets."""
        size, crops = self.maps, scene.crops
        hits, screen = self._hits(scene, size)
        last = rasterise(screen, scene.pieces.faces, scene.pieces.face_owner, len(scene.which), size, last=True)
        mask = hits.mask & crops.within(size)
        owner, row, column = mask.nonzero(as_tuple=True)
        face = hits.face[owner, row, column]
        weights = barycentric(screen, scene.pieces.faces, face, torch.stack([column, row], 1))
        _, normal = self._normals(scene, owner, face, weights, torch.full((len(mask),), 0.8, device=mask.device))
        framed = torch.einsum("nij,ni->nj", crops.jacobian()[owner], normal)  # a normal turns by the inverse transposed
        normals = torch.zeros(*mask.shape, 3, device=mask.device)
        normals[owner, row, column] = functional.normalize(framed, dim=1)
        zero = torch.zeros((), device=mask.device)
        front, back = (torch.where(mask, crops.depth(found.depth), zero) for found in (hits, last))
        return Maps(mask.float(), front, torch.minimum(front, back), normals.permute(0, 3, 1, 2))

    def targets(self, scene: Scene, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Points (B, N, 3) in F, distance / 0.1 (B, N) in ±1, and base colour (B, N, 3)."""
        store, which, crops, warps = self.store, scene.which, scene.crops, scene.warps
        count, close = len(which), self.points * 5 // 8
        owner = torch.arange(count, device=store.device).repeat_interleave(close)
        surface = warps.forward(store.on_surface(which, close, generator).view(-1, 3), owner).view(count, close, 3)
        spread = torch.full((close, 1), 0.015, device=store.device)
        spread[close * 5 // 8 :] = 0.06
        near = crops.to_frame(surface)
        near = near + torch.randn(near.shape, generator=generator, device=store.device) * spread
        random = torch.rand(count, self.points - close, 3, generator=generator, device=store.device)
        points = torch.cat([near, (random * 2 - 1) * random.new_tensor(BOX)], 1)
        sdf, rgb = self.answers(scene, points)
        return points, sdf, rgb

    def answers(self, scene: Scene, points: Tensor) -> tuple[Tensor, Tensor]:
        """F ``points`` (B, N, 3) → distance / 0.1 (B, N) in ±1, positive inside, and base colour (B, N, 3)."""
        which, crops, warps = scene.which, scene.crops, scene.warps
        shape = points.shape[:2]
        owner = torch.arange(len(which), device=points.device).repeat_interleave(shape[1])
        origin = warps.inverse(crops.to_world(points).reshape(-1, 3), owner)
        value, slope = self.store.distance(which, origin.view(points.shape))
        slope = functional.normalize(slope.view(-1, 3), dim=1)
        flat = slope.norm(dim=1) < 0.5
        jacobian = warps.jacobian(origin.clamp(-1.2, 1.2), owner)
        world = augment.inverse_transposed(jacobian, slope)
        stretch = torch.einsum("nij,ni->nj", crops.jacobian()[owner], world).norm(dim=1)
        stretch = torch.where(flat, (crops.unit / _size(warps.linear))[owner], stretch).view(shape)
        distance = value / stretch.clamp(min=1e-4)
        distance = torch.where(value.abs() > 0.98 * STORED, value.sign(), distance)
        distance = torch.minimum(distance, crops.border(points))
        base = self.store.colour(which, origin.view(points.shape)).view(-1, 3)
        rgb = scene.paint.paint(base, origin.clamp(-1.2, 1.2), owner).view(points.shape)
        return (distance / BAND).clamp(-1, 1), rgb

    def _hits(self, scene: Scene, size: int) -> tuple[Hits, Tensor]:
        looked, pieces = scene.crops.cameras, scene.pieces
        screen = scene.crops.screen(looked.see(scene.world, pieces.owner), pieces.owner, size)
        return rasterise(screen, pieces.faces, pieces.face_owner, len(scene.which), size), screen

    def _covered(self, scene: Scene) -> Tensor:
        """(B,): the part of the crop that the object takes, on a coarse picture."""
        hits, _ = self._hits(scene, 64)
        return (hits.mask & scene.crops.within(64)).float().mean((1, 2))

    def _surface_colour(self, scene, hits, screen, owner, row, column, looks, lit) -> Tensor:
        pieces = scene.pieces
        face = hits.face[owner, row, column]
        weights = barycentric(screen, pieces.faces, face, torch.stack([column, row], 1))
        corner = pieces.faces[face]
        mix = lambda values: torch.einsum("nk,nkc->nc", weights, values[corner])  # noqa: E731
        place, world = mix(pieces.points), mix(scene.world)
        base = scene.paint.paint(mix(pieces.colours), place, owner)
        looked = scene.crops.cameras
        eye = looked.axes[:, 2] * looked.distance[:, None]
        toward = functional.normalize(eye[owner] - world, dim=1)
        local, normal = self._normals(scene, owner, face, weights, looks.creases)
        open_ = self.store.openness(scene.which[owner], place, local)
        return shading.shade(looks, lit, owner, base, normal, toward, open_)

    def _normals(self, scene: Scene, owner, face, weights, creases) -> tuple[Tensor, Tensor]:
        """Unit normals (n, 3) that face the camera, in object space and in the world: smooth, but the face's own where
        the two differ by more than the crease's angle."""
        pieces = scene.pieces
        corners = pieces.points[pieces.faces[face]]
        flat = functional.normalize(
            torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), dim=1
        )
        smooth = functional.normalize(torch.einsum("nk,nkc->nc", weights, pieces.normals[pieces.faces[face]]), dim=1)
        agree = (flat * smooth).sum(1, keepdim=True)
        local = torch.where(agree.abs() > creases[owner, None], smooth * agree.sign(), flat)
        place = torch.einsum("nk,nkc->nc", weights, corners)
        world = functional.normalize(augment.inverse_transposed(scene.warps.jacobian(place, owner), local), dim=1)
        looked = scene.crops.cameras
        eye = looked.axes[:, 2] * looked.distance[:, None]
        seen = scene.warps.forward(place, owner)
        turn = torch.where(((eye[owner] - seen) * world).sum(1, keepdim=True) < 0, -1.0, 1.0)
        return local * turn, world * turn

    def _framing(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Fill (B,), shift (B, 2) and trim (B, 4) of the crops."""
        device, styles = self.store.device, self.styles
        random = torch.rand(count, 4, generator=generator, device=device)
        fill = cameras.FILL + (random[:, 0] * 0.08 - 0.04) * styles.jitter
        shift = torch.randn(count, 2, generator=generator, device=device).clamp(-2, 2) * (0.01 * styles.jitter)
        part = 0.05 + 0.25 * random[:, 1]
        side = functional.one_hot((random[:, 2] * 4).long().clamp(max=3), 4)
        return fill, shift, side * (part * (random[:, 3] < styles.trimmed))[:, None]


def _size(linear: Tensor) -> Tensor:
    """How much (B, 3, 3) matrices enlarge, on the average of directions."""
    return torch.linalg.det(linear).abs().clamp(min=1e-12) ** (1 / 3)
