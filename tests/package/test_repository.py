"""What a clone weighs, and what no tracked file may say."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def test_a_clone_stays_light(tracked):
    total = sum(path.stat().st_size for path in tracked)
    assert total <= 40 * MIB, f"{total / MIB:.1f} MiB are tracked"


def test_no_binary_but_weights_fixtures_and_pictures(tracked):
    kinds = {path.suffix for path in tracked if b"\0" in path.read_bytes()[:4096]}
    assert kinds <= {".safetensors", ".npz", ".png", ".jpg", ".glb", ".webp", ".ply", ".gz"}


def test_no_registry_and_no_machine_is_named(tracked):
    """Whoever clones this has an index and folders of their own."""
    words = ["pythonhosted" + ".org", "pypi" + ".org", "deb.debian" + ".org", "npmjs" + ".org"]
    folders = ["/" + "work/", "/" + "root/", "/opt/" + "pypi", "/opt/" + "wheels"]
    forbidden = re.compile("|".join(map(re.escape, words + folders)).encode())
    for path in tracked:
        if b"\0" not in path.read_bytes()[:4096]:
            found = forbidden.search(path.read_bytes())
            assert not found, f"{path.relative_to(ROOT)} says {found.group().decode()}"


def test_nothing_is_left_for_later(tracked):
    for path in tracked:
        if path.suffix == ".py":
            found = re.search(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", path.read_text(encoding="utf-8"))
            assert not found, f"{path.relative_to(ROOT)} says {found.group()}"


def test_the_licence_is_the_whole_gpl():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in text and "Version 3, 29 June 2007" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_links_between_pages_lead_somewhere(tracked):
    for page in tracked:
        if page.suffix == ".md":
            for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
                if "://" not in target:
                    assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links {target}"


def test_the_readme_names_every_verb(tracked):
    listed = re.search(r"^VERBS = \((.*)\)$", (ROOT / "build.py").read_text(encoding="utf-8"), re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for verb in re.findall(r'"(\w+)"', listed.group(1)):
        assert re.search(rf"^\| `{verb}\b", readme, re.MULTILINE), verb
