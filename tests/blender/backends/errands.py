"""The command line as errands see it, without PyTorch: ``errands.py FOLDER runtime|weights …`` acts on a folder.

What was asked is written to ``FOLDER/asked.txt``. ``FOLDER/mood`` says how it goes: good (where there is none) |
slow | fails | dies.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

FOLDER, *WORDS = sys.argv[1:]
FOLDER = Path(FOLDER)
BUILD = "cpu" if "cpu" in WORDS else "cu128"
MARK, SHELF = FOLDER / "gpu" / "installed.json", FOLDER / "shelf"
MOOD = (FOLDER / "mood").read_text() if (FOLDER / "mood").exists() else "good"


def facts():
    there = MARK.exists()
    sentence = "Installed: CPU: OK (692 MB on the disk)." if there else "Not installed. 226 MB to download."
    told = {"supported": True, "installed": there, "current": there, "begun": False, "self_test": "CPU: OK" * there}
    of_cards = FOLDER / "unverified"
    plan = {
        "cpu": {"title": "Processor only", "download": 226e6, "disk": 692e6, "unverified": []},
        "cu128": {
            "title": "CUDA 12.8",
            "download": 2.9e9,
            "disk": 6.1e9,
            "unverified": ["torch.whl"] * of_cards.exists(),
        },
    }[BUILD]
    installed = MARK.read_text() if there else ""
    return {**told, **plan, "build": BUILD, "installed_build": installed, "free": 50e9} | {
        "sentence": sentence,
        "fix": "" if there else "No NVIDIA GPU was found.",
    }


def shelf():
    state = "verified" if SHELF.exists() else "absent"
    file = {"file": "model.safetensors", "state": state, "bytes": 444_000_000 * SHELF.exists(), "size": 444_000_000}
    return {
        "engine": "birefnet",
        "title": "BiRefNet",
        "licence": "Licence: code GPL; weights MIT.",
        "size": "444 MB",
    } | {"files": [file]}


def errand():
    report = Path(WORDS[WORDS.index("--report") + 1])

    def tell(state="running", **more):
        empty = {"stage": "", "fraction": 0.0, "eta": None, "detail": "", "sentence": "", "fix": "", "code": ""}
        spare = report.with_suffix(".tmp")
        spare.write_text(json.dumps({**empty, "state": state, **more}))
        os.replace(spare, report)

    print("working on", " ".join(WORDS[:2]), flush=True)
    tell(stage="Downloading", fraction=0.25, eta=200.0, detail="56 MB of 226 MB")
    if MOOD == "slow":
        while os.read(0, 100):
            pass
        tell("cancelled", sentence="Cancelled.", code="cancelled")
        return 130
    if MOOD == "fails":
        tell("failed", sentence="The disk is full.", fix="Free 3 GB.", code="disk_full")
        return 2
    if MOOD == "dies":
        os._exit(5)
    time.sleep(0.05)
    target = SHELF if WORDS[0] == "weights" else MARK
    if WORDS[1] in ("install", "fetch", "import"):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(WORDS[WORDS.index("--accelerator") + 1] if "--accelerator" in WORDS else "{}")
    elif WORDS[1] in ("remove", "delete"):
        target.unlink(missing_ok=True)
    tell("done", sentence="CPU: OK" if WORDS[0] == "runtime" else "It is done.")
    return 0


def main():
    if "--follow" not in WORDS:
        print(json.dumps(facts() if WORDS[0] == "runtime" else shelf()))
        return 0
    with open(FOLDER / "asked.txt", "a") as asked:
        asked.write(" ".join(WORDS) + "\n")
    return errand()


if __name__ == "__main__":
    sys.exit(main())
