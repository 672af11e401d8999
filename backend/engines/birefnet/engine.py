"""The engine BiRefNet: any picture → the matte of its foreground. Importing this imports no torch."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import OutOfMemory, UnsupportedShape
from ...protocol import EngineInfo, WeightsInfo
from ...runtime import device, memory, store
from ...runtime.store.verify import CheckReport
from ...shapes import Shape
from ...watch import within
from ..engine import Conditioning, Watch
from .closer import look_closer
from .specimen import ball, overlap

if TYPE_CHECKING:
    from .network import BiRefNet, Configuration

log = logging.getLogger(__name__)

FILE = "model.safetensors"
SOURCE = "https://huggingface.co/ZhengPeng7/BiRefNet/resolve/e2bf8e4460fc8fa32bba5ea4d94b3233d367b0e4/model.safetensors"
SIZE, SHA256 = 444_473_596, "9ab37426bf4de0567af6b5d21b16151357149139362e6e8992021b8ce356a154"
SIDE = {"fast": 512, "standard": 1024, "fine": 1024}  # the weights were trained at 1024, so “fine” looks twice instead
SMALLER = "Memory ran out at 1024 pixels, so the background was found at 512."
LIKELY = 0.5  # overlap with the ball of the test picture, below which something must be wrong


class BiRefNetEngine:
    """Weights load on the first picture and stay until ``unload``. ``weights``: where the file is; by default where
    the weights store keeps it; ``configuration`` of another size than the published one.
    """

    info = EngineInfo(
        id="birefnet",
        title="BiRefNet",
        paper="Zheng et al. 2024",
        inputs=("image",),
        makes=("cutout",),
        tier="gpu",
        code_licence="GPL-3.0-or-later",
        weights_licence="MIT",
        weights=(WeightsInfo(FILE, SIZE, SHA256, SOURCE, "MIT"),),
        memory={"fast": 1514 << 20, "standard": 2320 << 20, "fine": 2320 << 20},  # on the processor, in float32
        proof="Numbers match the reference; not yet run with official weights.",
        status="Finds the object of a picture before any background, with soft edges.",
    )

    def __init__(self, weights: Path | None = None, configuration: Configuration | None = None):
        self._path, self._configuration = weights, configuration
        self._network: BiRefNet | None = None
        self._lock = threading.RLock()

    def matte(self, pixels: np.ndarray, watch: Watch, preset: str = "standard") -> np.ndarray:
        """``pixels`` (H, W, 4) uint8 straight sRGB, row 0 on top → alpha (H, W) float32 in [0, 1].

        Where memory runs out it is tried again at the smaller size, which ``watch`` is told. Raises BadRuntime (no
        torch), BadWeights, OutOfMemory, and whatever ``watch.step`` raises.
        """
        sides = [SIDE[preset]] if SIDE[preset] == SIDE["fast"] else [SIDE[preset], SIDE["fast"]]
        for side in sides:
            try:
                return self._matte(pixels, side, watch, twice=preset == "fine")
            except Exception as error:
                if not memory.is_out_of_memory(error):
                    raise
                log.warning("out of memory at %d pixels: %s", side, error)
            device.empty_cache()  # outside of the clause, where the error would hold what it wants to free
            if side != sides[-1]:
                watch.warn(SMALLER)
        self.unload()
        raise OutOfMemory("The background remover ran out of memory.", "Close other programs and try again.")

    def generate(self, conditioning: Conditioning, watch: Watch) -> Shape:
        """There is no shape in a matte: always raises UnsupportedShape."""
        raise UnsupportedShape("BiRefNet makes cut-outs, no shapes.", "Ask for a cut-out, or choose another engine.")

    def resolution(self, preset: str) -> int:
        """Pixels on a side of what the network looks at."""
        return SIDE[preset]

    def unload(self) -> None:
        with self._lock:
            self._network = None
        device.empty_cache()

    def tensors(self, file: str) -> dict[str, Sequence[int]]:
        """Names and shapes of a file's tensors; no torch is needed. Raises KeyError for a file that is not ours."""
        if file != FILE:
            raise KeyError(file)
        return json.loads(gzip.decompress((Path(__file__).parent / "tensors.json.gz").read_bytes()))

    def check(self, folder: Path, kind: str) -> CheckReport:
        """Runs the weights in ``folder`` on a picture of a ball, on "cuda", "mps" or "cpu"; twice where that is quick,
        for an accelerator's first run makes ready what later ones find.
        """
        begun = time.monotonic()
        pixels, truth = ball(SIDE["standard"])
        network = _load(folder / FILE, kind, self._configuration)
        seconds = {"load": time.monotonic() - begun}
        device.forget_peak()
        mattes = []
        for name in ("first run", "second run") if kind != "cpu" else ("run",):
            begun = time.monotonic()
            mattes.append(_run(network, pixels, SIDE["standard"], Watch()))
            seconds[name] = time.monotonic() - begun
        found, problems = mattes[0], []
        common = overlap(found, truth)
        if not np.isfinite(found).all():
            problems.append("The matte holds values that are not numbers.")
        elif common < LIKELY:
            problems.append(f"A ball on a table was not recognised (overlap {common:.3f}): the weights may be others.")
        outputs = {
            "mean of the matte": f"{found.mean():.5f}",
            "overlap with the ball": f"{common:.5f}",
            "part that is neither": f"{((found > 0.1) & (found < 0.9)).mean():.5f}",
        }
        if len(mattes) > 1:
            outputs["largest change between runs"] = f"{np.abs(mattes[1] - found).max():.2e}"
        numbers = str(next(network.parameters()).dtype).removeprefix("torch.")
        return CheckReport(tuple(problems), outputs, seconds, device.peak_memory() or memory.peak_memory(), numbers)

    def _matte(self, pixels: np.ndarray, side: int, watch: Watch, twice: bool) -> np.ndarray:
        with self._lock:
            if self._network is None:
                watch.step(0.0, "loading")
                path = self._path or store.path_of(self.info.id, FILE)
                self._network = _load(path, device.choose().kind, self._configuration)
            if not twice:
                return self._see(pixels, side, within(watch, 0.2, 1))
            first = self._see(pixels, side, within(watch, 0.2, 0.6))
            return look_closer(pixels, first, side, lambda part: self._see(part, side, within(watch, 0.6, 1)))

    def _see(self, pixels: np.ndarray, side: int, watch: Watch) -> np.ndarray:
        """One look. Some cards compute nonsense in half precision; they are asked again in float32."""
        assert self._network is not None
        alpha = _run(self._network, pixels, side, watch)
        if not np.isfinite(alpha).all():
            log.warning("the matte held no numbers; from now on it is computed in float32")
            alpha = _run(self._network.float(), pixels, side, watch)
        return alpha


def _load(path: Path, kind: str, configuration: Configuration | None) -> BiRefNet:
    """Half precision on CUDA, and float16 on every card: its errors move a matte by 0.005 at most and 0.0002 in the
    mean, those of bfloat16 by 0.03 and 0.0009 (made-up weights); the authors too publish float16.
    """
    import torch

    from .loading import load_network

    return load_network(path, kind, torch.float16 if kind == "cuda" else torch.float32, configuration)


def _run(network: BiRefNet, pixels: np.ndarray, side: int, watch: Watch) -> np.ndarray:
    import torch

    from .picture import prepare, restore

    weights = next(network.parameters())
    watch.step(0.0, "seeing")
    with torch.inference_mode():
        seen = prepare(pixels, side).to(weights.device, weights.dtype)
        logits = network(seen, lambda fraction: watch.step(fraction, "seeing"))
        return restore(logits, *pixels.shape[:2])
