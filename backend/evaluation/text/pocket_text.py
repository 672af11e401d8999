"""Pocket Text as it is shipped, behind the one function that is measured."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...engines.pocket_text.engine import WEIGHTS, WORDS, PocketTextEngine
from ...engines.pocket_text.words import Vocabulary
from .makers import Generator


def opened(folder: Path, weights: Path | None = None) -> Generator:
    """Pocket Text, whose objects are kept under ``folder``. ``weights``: other ones than the shipped, with their words
    in the same folder under the shipped name.
    """
    weights = weights or WEIGHTS
    words = weights.with_name(WORDS.name)
    engine = PocketTextEngine(weights, words, "")
    return Generator("Pocket Text", engine.sample, folder, version(weights, words))


def version(weights: Path, words: Path) -> str:
    """16 hex digits that change with the weights and their words. Not with the code that runs them: whoever changes
    what that computes deletes what was kept.
    """
    return hashlib.sha256(weights.read_bytes() + words.read_bytes()).hexdigest()[:16]


def remarks(prompt: str, weights: Path | None = None) -> list[str]:
    """What the user is told of how a prompt was read; one without a known word is refused."""
    reading = Vocabulary.read((weights or WEIGHTS).with_name(WORDS.name)).read_text(prompt)
    return [*([] if reading.known else ["Refused."]), *reading.remarks]
