"""The trained networks → the two files that the engine reads: weights and words."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ...engines.pocket_text.words import FIRST, Vocabulary
from .. import checkpoint
from ..export import export
from .autoencoder import Autoencoder
from .config import Config
from .sampling import Settings
from .teaching import TextToLatents

WEIGHTS, WORDS = "pocket_text_int8.safetensors", "pocket_text_words.json"
LIMIT = 8_000_000  # bytes


def shipped(autoencoder: Autoencoder, text_to_latents: TextToLatents, settings: Settings) -> dict[str, Tensor]:
    """The tensors of the shipped file: ``decoder.…``, ``text.…``, ``flow.…`` and ``settings`` (4,)."""
    return {
        **checkpoint.prefixed(autoencoder.decoder.state_dict(), "decoder"),
        **text_to_latents.state_dict(),
        "settings": settings.tensor(),
    }


def ship(
    autoencoder: Autoencoder,
    text_to_latents: TextToLatents,
    vocabulary: Vocabulary,
    settings: Settings,
    folder: Path,
    limit: int = LIMIT,
) -> int:
    """Writes both files into ``folder``; → bytes of the weights. Raises TooLarge."""
    folder.mkdir(parents=True, exist_ok=True)
    size = export(shipped(autoencoder, text_to_latents, settings), folder / WEIGHTS, limit)
    vocabulary.write(folder / WORDS, folder / WEIGHTS)
    return size


def load(config: Config, tensors: dict[str, Tensor]) -> tuple[Autoencoder, TextToLatents, Settings]:
    """Shipped tensors (``export.dequantised``) → networks of ``config``; the autoencoder's encoder is left as it
    is made, untrained.
    """
    with torch.random.fork_rng(devices=[]):
        autoencoder, text_to_latents = Autoencoder(config.autoencoder), TextToLatents(config)
    autoencoder.decoder.load_state_dict(checkpoint.part(tensors, "decoder"))
    rest = {key: tensor for key, tensor in tensors.items() if key.split(".")[0] in ("text", "flow")}
    text_to_latents.load_state_dict(rest)
    return autoencoder.eval(), text_to_latents.eval(), Settings.read(tensors["settings"])


def fitting(words: int, vocabulary: Vocabulary) -> Vocabulary:
    """``vocabulary`` cut to its most frequent words, as many as a table of ``words`` rows holds."""
    return Vocabulary(vocabulary.words[: words - FIRST], vocabulary.buckets, vocabulary.things, vocabulary.open_)
