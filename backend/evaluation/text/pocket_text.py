"""Pocket Text as it is shipped, behind the one function that is measured."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ...engines.pocket_text import engine as pocket_text
from ...engines.pocket_text.engine import WEIGHTS, WORDS, PocketTextEngine, check_words
from ...engines.pocket_text.solid import BAND, whole
from ...engines.pocket_text.words import Vocabulary
from ...errors import JobError
from .makers import Generator


def opened(folder: Path, weights: Path | None = None) -> Generator:
    """Pocket Text, whose objects are kept under ``folder``. ``weights``: other ones than the shipped, with their words
    in the same folder under the shipped name.
    """
    weights = weights or WEIGHTS
    words = weights.with_name(WORDS.name)
    engine = PocketTextEngine(weights, words, "")

    def sample(prompt: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
        sdf, rgb = engine.sample(prompt, seed)
        return whole(sdf * np.float32(BAND)) / np.float32(BAND), rgb  # without crumbs, as the user gets it

    return Generator("Pocket Text", sample, folder, version(weights, words))


def version(weights: Path, words: Path) -> str:
    """16 hex digits that change with the weights, their words and the code that runs them."""
    told = hashlib.sha256()
    for path in (weights, words, *sorted(Path(pocket_text.__file__).parent.glob("*.py"))):
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


def remarks(prompt: str, weights: Path | None = None) -> list[str]:
    """What the user is told of a prompt: a refusal, or words that were not understood."""
    weights = weights or WEIGHTS
    vocabulary = Vocabulary.read(weights.with_name(WORDS.name))
    reading = vocabulary.read_text(prompt)
    try:
        check_words(reading, vocabulary.things)
    except JobError as error:
        return [f"refused: {error}"]
    return list(reading.remarks)
