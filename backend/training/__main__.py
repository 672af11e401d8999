"""``python -m backend.training VERB …``: everything that makes weights, a verb a module.

A verb's module has ``main(arguments: list[str]) -> int``; it is imported only when it is called, so that what needs
no torch runs without it.
"""

from __future__ import annotations

import importlib
import sys

VERBS = {  # verb: its module, and what it does
    "grammar": ("grammar.verb", "show and measure the procedural objects and their captions"),
    "data": ("data.verb", "real objects: grids with captions for text, contact sheets of what image training sees"),
    "text": ("text.verb", "train text → 3D: autoencoder, latents, flow, distillation, export"),
    "image": ("image.verb", "train image → 3D"),
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in VERBS:
        print("usage: python -m backend.training VERB …\n")
        print("\n".join(f"  {verb:<9}{what}" for verb, (_, what) in VERBS.items()))
        return 0 if arguments in (["-h"], ["--help"]) else 2
    module = importlib.import_module(f".{VERBS[arguments[0]][0]}", __package__)
    return int(module.main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
