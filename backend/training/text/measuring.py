"""How good the networks are on the grammar's objects that they were not trained on."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from ..grammar.sample import Specimen, held_out, sample
from .accuracy import Accuracy, accuracy
from .autoencoder import Autoencoder
from .grids import batch, small
from .teaching import Reader, TextToLatents, validation


def unseen(seeds: Iterable[int]) -> list[Specimen]:
    """The objects of these seeds, without the combinations that are kept for the test."""
    specimens = [sample(seed) for seed in seeds]
    return [specimen for specimen in specimens if not held_out(specimen.attributes)]


def reconstruction(autoencoder: Autoencoder, specimens: Iterable[Specimen], noise: float = 0.0) -> Accuracy:
    """How well they are reconstructed, with ``noise`` on the latents."""
    return accuracy(autoencoder, batch([small(specimen) for specimen in specimens]), noise)


@torch.no_grad()
def velocity_error(
    autoencoder: Autoencoder, model: TextToLatents, reader: Reader, specimens: Iterable[Specimen]
) -> tuple[float, float]:
    """The flow's mean squared error (``teaching.validation``) on these objects: told each one's full caption, and told
    nothing. The smaller the first is beside the second, the more the texts help.
    """
    chosen = list(specimens)
    device = autoencoder.mean.device
    latents = []
    for specimen in chosen:
        one = batch([small(specimen)]).to(device)
        latents.append(autoencoder.encode(one.sdf, one.seen()).cpu())
    told, silent = (reader(texts) for texts in ([s.captions[0] for s in chosen], [""] * len(chosen)))
    values = torch.cat(latents)
    return validation(model, values, *told), validation(model, values, *silent)
