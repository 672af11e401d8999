"""Pictures of what a network makes of a list of texts, to be looked at while it is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from ...engines.pocket_text.words import Vocabulary
from .autoencoder import Autoencoder
from .pictures import sheet
from .sampling import Settings, sample
from .teaching import Reader, TextToLatents

PROMPTS = (
    "a red chair with armrests",
    "a wooden table with four thin legs",
    "a tall blue lamp",
    "a white mug with a handle",
    "a small house with a red roof",
    "a green tree",
    "a yellow car",
    "a brown dog",
    "a black and white cow",
    "a purple bottle with a gold cap",
    "a bed with a pink blanket",
    "a rocket",
    "a grey sword",
    "an airplane",
    "a red ball on top of a blue box",
    "a person with a green shirt",
)


@torch.no_grad()
def look(
    autoencoder: Autoencoder,
    model: TextToLatents,
    vocabulary: Vocabulary,
    settings: Settings,
    path: Path,
    prompts: Sequence[str] = PROMPTS,
    seeds: int = 3,
) -> None:
    """Writes a sheet: a row for two prompts, ``seeds`` samples of each, two views of a sample."""
    reader = Reader(vocabulary)
    texts = [prompt for prompt in prompts for _ in range(seeds)]
    device = next(model.parameters()).device
    ids, grams = (tensor.to(device) for tensor in reader(texts))
    latents = sample(model.text, model.flow, settings, ids, grams, torch.Generator().manual_seed(0))
    solids = []
    for one in latents.split(8):
        sdf, logits = autoencoder.decoder(one.to(autoencoder.mean.device))
        solids += list(zip(sdf.float().cpu(), logits.float().sigmoid().cpu(), strict=True))
    rows = [solids[i : i + 2 * seeds] for i in range(0, len(solids), 2 * seeds)]
    labels = [" | ".join(prompts[i : i + 2]) for i in range(0, len(prompts), 2)]
    sheet(rows, path, labels, 112)
