"""``python -m backend.training data …``: grids for text → 3D, and contact sheets of what training sees."""

from __future__ import annotations

import importlib
import sys

VERBS = {
    "grids": ("grids", "real objects as 64³ signed distances with captions"),
    "sheet": ("sheet", "a picture of training samples with their targets"),
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in VERBS:
        print("usage: python -m backend.training data VERB …\n")
        print("\n".join(f"  {verb:<9}{what}" for verb, (_, what) in VERBS.items()))
        return 0 if arguments in (["-h"], ["--help"]) else 2
    return int(importlib.import_module(f".{VERBS[arguments[0]][0]}", __package__).main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
