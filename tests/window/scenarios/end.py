"""Blender dies in the middle of a job: nothing of ours may outlive it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import hands
import product

facts: dict[str, Any] = {}


def scenario() -> Iterator[float]:
    yield 0.5
    product.install()
    yield from hands.open_tab("Maquette")
    yield from hands.make_room()
    generate = yield from product.choose("/samples/mug.png")
    yield from hands.click(generate)
    job = yield from hands.wait_for(product.running, "a running job")
    facts["running"], facts["backends"], facts["end"] = not job.ended, len(hands.backends()), "kill"


hands.play(scenario(), facts)
