"""The engine Pocket Text: a short English text → a coloured solid."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from ...errors import BadRequest, EmptySurface
from ...network.layers import Run, Step, ignore
from ...protocol import EngineInfo, WeightsInfo
from ...runtime import blas
from ...shapes import SignedDistanceField
from ...surface.extract import extract
from ..engine import Conditioning, Watch
from .network import PocketTextNetwork
from .sampler import noise, schedule, walk
from .sizes import TOKENS
from .solid import meant, solid_of
from .words import Reading, Vocabulary, shipped

FOLDER = Path(__file__).resolve().parents[2] / "weights"
WEIGHTS, WORDS = FOLDER / "pocket_text_int8.safetensors", FOLDER / "pocket_text_words.json"
SIZE, SHA256 = shipped(WORDS)
CELLS_AT = {"fast": 64, "standard": 128, "fine": 192}
PACE_AT = {"fast": 0.5, "standard": 1.0, "fine": 2.0}  # times the network's own number of steps
PREVIEW_AT, PREVIEW_CELLS = 0.5, 32  # of the steps, after which an early mesh is shown, and how fine that is

EMPTY = "Nothing solid came of this text with this seed."
OTHERS = "Try another seed, or fewer and plainer words."


class PocketTextEngine:
    """Weights load on the first text and stay until ``unload``."""

    info = EngineInfo(
        id="pocket_text",
        title="Pocket Text",
        paper="",
        inputs=("prompt",),
        tier="embedded",
        code_licence="GPL-3.0-or-later",
        weights_licence="CC-BY 4.0",
        weights=(
            WeightsInfo(
                WEIGHTS.name, SIZE, sha256=SHA256, licence="CC-BY 4.0", present=WEIGHTS.is_file()
            ),
        ),
        memory={"fast": 225 << 20, "standard": 225 << 20, "fine": 260 << 20},
        seeded=True,
        status="Works offline on the processor, in seconds; knows everyday things in a few words of English.",
    )  # fmt: skip

    def __init__(self, weights: Path = WEIGHTS, words: Path = WORDS, sha256: str = SHA256):
        self._paths, self._sha256 = (weights, words), sha256
        self._network: PocketTextNetwork | None = None
        self._lock = threading.Lock()

    def generate(self, conditioning: Conditioning, watch: Watch) -> SignedDistanceField:
        """A text → a field in the world frame. Raises BadRequest where no word of it is known, EmptySurface where the
        network makes nothing of it.
        """
        watch.step(0.0, "reading")
        network = self._load()
        wanted, unwanted = map(network.vocabulary.read_text, (conditioning.prompt, conditioning.negative_prompt))
        check_words(wanted, network.vocabulary)
        for remark in (*wanted.remarks, *unwanted.remarks):
            watch.warn(remark)
        steps = max(2, round(network.settings.steps * PACE_AT[conditioning.preset]))
        guide = network.guide(conditioning.prompt, conditioning.negative_prompt)
        compute, done = blas.current(), 0.02

        def pause(_fraction: float = 0.0) -> None:
            watch.step(done, "imagining")

        def after(count: int, ahead: np.ndarray) -> None:
            nonlocal done
            done = 0.02 + 0.78 * count / steps
            pause()
            if count == round(steps * PREVIEW_AT):
                self._show(network, ahead, watch, pause)

        x = noise(conditioning.seed, TOKENS, network.sizes.channels)
        x = walk(guide(Run(compute, pause)), x, schedule(steps, network.settings.shift), after)
        sdf, rgb = network.decode(x, lambda f: watch.step(0.8 + 0.18 * f, "shaping"))
        solid = solid_of(sdf, rgb, self.resolution(conditioning.preset), compute)
        if solid is None:
            raise EmptySurface(EMPTY, OTHERS)
        watch.step(1.0, "shaping")
        return solid

    def sample(
        self, prompt: str, seed: int, steps: int | None = None, guidance: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """What is made of a text, on the network's grids: signed distance in bands of 0.1 (64,64,64) float32 in ±1,
        positive inside, and sRGB (32,32,32,3) uint8; index order x, y, z in the cube ±1 of the world frame.
        """
        network = self._load()
        velocity = network.guide(prompt, guidance=guidance)(Run(blas.current(), ignore))
        x = noise(seed, TOKENS, network.sizes.channels)
        x = walk(velocity, x, schedule(steps or network.settings.steps, network.settings.shift))
        sdf, rgb = network.decode(x)
        return np.clip(meant(sdf), -1, 1), np.rint(rgb * 255).astype(np.uint8)

    def embed(self, prompt: str) -> np.ndarray:
        """What the network takes a text to mean as a whole, (D,) float32."""
        return self._load().encode(prompt)[0]

    def resolution(self, preset: str) -> int:
        """Cells across the box, which is two metres wide."""
        return CELLS_AT[preset]

    def unload(self) -> None:
        with self._lock:
            self._network = None

    def _load(self) -> PocketTextNetwork:
        with self._lock:
            if self._network is None:
                self._network = PocketTextNetwork.load(*self._paths, self._sha256)
            return self._network

    def _show(self, network: PocketTextNetwork, latents: np.ndarray, watch: Watch, step: Step) -> None:
        """An early mesh: what would come out if the flow went on straight from here."""
        sdf, rgb = network.decode(latents, step)
        solid = solid_of(sdf, rgb, PREVIEW_CELLS, blas.current())
        if solid is not None:
            watch.preview(extract(solid, PREVIEW_CELLS, Watch()))


def check_words(reading: Reading, vocabulary: Vocabulary) -> None:
    """Raises BadRequest where the network knows no word of the text, and says what it may be asked for instead."""
    if reading.known:
        return
    things = [thing for thing in vocabulary.things if vocabulary.read_text(thing).known]
    some = ", ".join(things[:: max(1, len(things) // 8)][:8])
    fix = f"Name an everyday thing in English, such as: {some}." if some else "Name an everyday thing in English."
    if reading.foreign:
        raise BadRequest("Pocket Text reads English only, and knows no word of this text.", fix)
    names = ", ".join(f"“{word[:40]}”" for word in reading.unknown[:3])
    raise BadRequest(f"Pocket Text knows no word of this text{': ' + names if names else ''}.", fix)
