"""What a job speaks and listens by."""

import subprocess
import sys
from pathlib import Path

from maquette.backend.engines import engine
from maquette.backend.watch import Watch, within

ROOT = Path(__file__).resolve().parents[2]


def test_a_part_of_the_work_is_a_part_of_the_whole():
    heard, warned = [], []
    whole = Watch(step=lambda fraction=0.0, detail="": heard.append((fraction, detail)), warn=warned.append)
    part = within(within(whole, 0.2, 0.8), 0.5, 1.0)
    for fraction in (0.0, 0.5, 1.0):
        part.step(fraction, "here")
    part.warn("There is less.")
    assert [round(fraction, 6) for fraction, _ in heard] == [0.5, 0.65, 0.8] and warned == ["There is less."]
    assert {detail for _, detail in heard} == {"here"}


def test_engines_are_told_by_the_same_watch():
    assert engine.Watch is Watch


def test_what_engines_build_on_does_not_import_them():
    code = (
        "import sys, backend.progress, backend.surface.extract, backend.surface.finish\n"
        "assert not [name for name in sys.modules if name.startswith('backend.engines')]"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
