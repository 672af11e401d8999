"""The engine Pocket: a cut-out picture → a coloured solid that fits the picture's outline."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from ...protocol import EngineInfo, WeightsInfo
from ...shapes import SignedDistanceField
from ...shapes.fields import Refinement
from ..engine import Conditioning, Watch
from .field import SLOPE, SolidField
from .lattice import ACROSS, believe
from .network import PocketNetwork
from .paint import Painter, mended
from .rays import Rays
from .silhouette import Silhouette, shrunk
from .solid import SLENDER, intervals, profiles

WEIGHTS = Path(__file__).resolve().parents[2] / "weights" / "pocket_int8.safetensors"
SIZE, SHA256 = 21505282, "de9748c44d73bdfdd9e38247871779d7337218e2811367fab11354d1ff8d8968"
ACROSS_AT = {"fast": 64, "standard": 128, "fine": 192}

# The least width of a part, in frame units and so the same at every preset: a little over two pixels of the picture
# that the network sees, and 1.6 cells of the finest preset.
LEAST_WIDTH = 1.6 * 2 / 192
THIN_CELLS = 1.5  # parts and gaps thinner than this many cells fall between a lattice's nodes: there it is refined
UNSURE = 0.9  # part of the rays without belief over which most of the mesh is the outline's guess

GUESSED = (
    "The network made little of this picture, so most of the depth is a guess from the outline. "
    "A picture from the front and a little above, evenly lit, usually does better."
)
CUT_OFF = (
    "The object touches the border of the picture; what lies beyond it is missing from the mesh. "
    "Use a picture that shows all of it."
)


class PocketEngine:
    """Weights load on the first picture and stay until ``unload``."""

    info = EngineInfo(
        id="pocket",
        title="Pocket",
        paper="",
        inputs=("image",),
        tier="embedded",
        code_licence="GPL-3.0-or-later",
        weights_licence="CC-BY 4.0",
        weights=(WeightsInfo(WEIGHTS.name, SIZE, sha256=SHA256, licence="CC-BY 4.0", present=WEIGHTS.is_file()),),
        memory={"fast": 260 << 20, "standard": 270 << 20, "fine": 290 << 20},
        status="Works offline on the processor, in seconds; sees one side and guesses the other.",
    )

    def __init__(self, weights: Path = WEIGHTS):
        self._path = weights
        self._network: PocketNetwork | None = None
        self._lock = threading.Lock()

    def generate(self, conditioning: Conditioning, watch: Watch) -> SignedDistanceField:
        """One framed picture → a field in ray space with its warp to the world frame."""
        framed = conditioning.images[0]
        if framed.cropped:
            watch.warn(CUT_OFF)
        silhouette = Silhouette.of(framed.rgba[..., 3])
        network = self._load()
        watch.step(0.05, "looking")
        chosen = latent(conditioning.seed, network.layout.latent)
        encoding = network.encode(framed.rgba, lambda f: watch.step(0.05 + 0.7 * f, "looking"), chosen)
        rays = Rays(encoding.k, float(np.arcsin(np.clip(encoding.sin_elevation, -1, 1))))
        width = silhouette.shrunk(ACROSS)
        belief = believe(network, encoding, rays, width > -0.06, lambda f: watch.step(0.75 + 0.2 * f, "shaping"))
        radius = silhouette.radius(SLENDER)
        where = intervals(belief, encoding.depth, width, shrunk(radius, ACROSS), encoding.rays)
        if where.guessed > UNSURE:
            watch.warn(GUESSED)
        drawn = silhouette.no_thinner_than(LEAST_WIDTH)
        field = SolidField(profiles(belief, where, width), where, drawn, radius)
        lower, upper = field.box()
        watch.step(1.0, "shaping")
        painter = Painter(network, encoding, rays, mended(framed.rgba, silhouette), where.middle, radius)
        return SignedDistanceField(
            values=field,
            lower=lower,
            upper=upper,
            colours=lambda points: network.query(encoding, rays.to_frame(points))[1],
            paint=painter,
            to_world=rays.to_world,
            lipschitz=SLOPE,
            seeds=field.seeds(),
            refinement=refinement(drawn, 2 / self.resolution(conditioning.preset)),
        )

    def resolution(self, preset: str) -> int:
        """Cells across the box's longest side, which is the picture's unless the object is very deep."""
        return ACROSS_AT[preset]

    def unload(self) -> None:
        with self._lock:
            self._network = None

    def _load(self) -> PocketNetwork:
        with self._lock:
            if self._network is None:
                self._network = PocketNetwork.load(self._path, SHA256)
            return self._network


def latent(seed: int, numbers: int) -> np.ndarray | None:
    """What the picture does not decide, by seed: 0 is the likeliest unseen side. None where there is no choice."""
    if not numbers:
        return None
    if not seed:
        return np.zeros(numbers, np.float32)
    return np.random.default_rng(abs(seed)).standard_normal(numbers).astype(np.float32)


def refinement(silhouette: Silhouette, cell: float) -> Refinement | None:
    """Where, and by how much, a lattice of ``cell`` is too coarse for the outline; None where it is not."""
    width = THIN_CELLS * cell
    beside = silhouette.to_thin(width) <= width / 2 + 0.75 * cell  # every cell that the thin thing may touch
    if not beside.any():
        return None
    size = len(beside)

    def where(points: np.ndarray) -> np.ndarray:
        at = np.clip(np.stack([1 - points[:, 1], 1 + points[:, 0]]) * np.float32(size / 2), 0, size - 1).astype(np.intp)
        return beside[at[0], at[1]]

    return Refinement(max(2, round(np.ceil(1.6 * cell / LEAST_WIDTH - 1e-6))), where)
