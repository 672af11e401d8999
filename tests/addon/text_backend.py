"""The real backend with one engine more: Words, which makes a coloured ball of a text. It proves the way of a text.

``python text_backend.py ROOT [arguments]``: without arguments it serves, as ``Launch.command`` starts it; with
arguments it is the command line. The product has no switch for this: a script registers, then calls ``main``.
"""

from __future__ import annotations

import sys

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from backend import cli, engines, server
    from backend.protocol import EngineInfo
    from backend.shapes import SignedDistanceField
else:
    from maquette.backend.protocol import EngineInfo
    from maquette.backend.shapes import SignedDistanceField

COLOURS = {"red": (1.0, 0.0, 0.0), "green": (0.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0)}


class Words:
    """A ball in the colour that the text names, half as high where the text says "flat"."""

    info = EngineInfo(
        id="words",
        title="Words",
        paper="",
        inputs=("prompt",),
        tier="embedded",
        code_licence="GPL-3.0-or-later",
        weights_licence="",
        seeded=True,
        status="A test's engine.",
    )

    def generate(self, conditioning, watch):
        words = conditioning.prompt.split()
        colour = next((COLOURS[word] for word in words if word in COLOURS), (0.5, 0.5, 0.5))
        squash = np.array([1, 1, 2 if "flat" in words else 1], np.float32)
        watch.step(0.5, "reading")
        if conditioning.negative_prompt:
            watch.warn(f"Without {conditioning.negative_prompt}.")
        return SignedDistanceField(
            values=lambda points: (0.8 - np.linalg.norm(points * squash, axis=1)).astype(np.float32),
            lower=np.full(3, -1, np.float32),
            upper=np.full(3, 1, np.float32),
            colours=lambda points: np.broadcast_to(np.float32(colour), (len(points), 3)),
            lipschitz=float(squash.max()),
        )

    def resolution(self, preset):
        return {"fast": 16, "standard": 24, "fine": 32}[preset]

    def unload(self):
        pass


if __name__ == "__main__":
    engines.register(Words.info, Words)
    sys.exit(cli.main(sys.argv[2:]) if len(sys.argv) > 2 else server.main(engines))
