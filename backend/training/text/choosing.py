"""How many steps and how much guidance: measured on captions of objects that were not trained on.

Two questions that need no judge from outside: does a linear probe on the latents, taught with the training's objects,
see the family that the caption names, and how far is the mean colour of the surface from that of the object whose
caption it was. Their sum has its best value where guidance is enough and not too much.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .autoencoder import Autoencoder
from .grids import Batch, batch, small
from .latents import Latents
from .measuring import unseen
from .sampling import Settings, sample
from .teaching import Reader, TextToLatents


@dataclass(frozen=True)
class Found:
    """Of one choice: share of samples whose family the probe sees; mean distance of sRGB in [0, 1]; seconds are not
    measured here, ``evaluations`` of the flow are.
    """

    settings: Settings
    family: float
    colour: float

    @property
    def evaluations(self) -> int:
        return self.settings.steps * (1 if self.settings.distilled or self.settings.guidance == 1 else 2)

    @property
    def merit(self) -> float:
        """What is to be large."""
        return self.family - self.colour

    def __str__(self) -> str:
        s = self.settings
        return (
            f"steps {s.steps:3d} guidance {s.guidance:3.1f} shift {s.shift:3.1f}: family {self.family:.3f} "
            f"colour {self.colour:.3f} merit {self.merit:.3f}"
        )


@dataclass(frozen=True)
class Probe:
    """A linear classifier of latents (64,C): ``weight`` (families, 64·C), ``bias`` (families,), ``names``."""

    weight: Tensor
    bias: Tensor
    names: tuple[str, ...]

    def __call__(self, latents: Tensor) -> list[str]:
        """(B,64,C) → the family of each."""
        best = functional.linear(latents.flatten(1), self.weight, self.bias).argmax(1)
        return [self.names[i] for i in best.tolist()]


def probe(latents: Latents, steps: int = 300, seed: int = 0) -> Probe:
    """Taught with the grammar's objects among ``latents``, by logistic regression."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.nonzero(~latents.real)[:, 0]
    names = sorted({latents.facts[i]["family"] for i in rows.tolist()})
    truth = torch.tensor([names.index(latents.facts[i]["family"]) for i in rows.tolist()])
    x = latents.values.flatten(1)
    weight = torch.zeros(len(names), x.shape[1], requires_grad=True)
    bias = torch.zeros(len(names), requires_grad=True)
    optimiser = torch.optim.AdamW([weight, bias], lr=2e-3, weight_decay=0.1)
    for _ in range(steps):
        some = torch.randint(len(rows), (256,), generator=generator)
        loss = functional.cross_entropy(functional.linear(x[rows[some]].float(), weight, bias), truth[some])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return Probe(weight.detach(), bias.detach(), tuple(names))


@torch.no_grad()
def choices(
    autoencoder: Autoencoder,
    model: TextToLatents,
    reader: Reader,
    classifier: Probe,
    candidates: Iterable[Settings],
    seeds: Sequence[int],
) -> Iterator[Found]:
    """Measures each of ``candidates`` on the full captions of the grammar's objects of ``seeds``, without
    those that are held out: what is tested with may not choose."""
    specimens = [specimen for specimen in unseen(seeds) if specimen.family in classifier.names]
    truth = mean_colours([batch([small(specimen)]) for specimen in specimens])
    device = next(model.parameters()).device
    ids, grams = (tensor.to(device) for tensor in reader([specimen.captions[0] for specimen in specimens]))
    for settings in candidates:
        latents = sample(model.text, model.flow, settings, ids, grams, torch.Generator().manual_seed(0))
        seen = classifier(latents.cpu())
        right = sum(name == specimen.family for name, specimen in zip(seen, specimens, strict=True))
        made = []
        for one in latents.split(1):
            sdf, logits = autoencoder.decoder(one.to(autoencoder.mean.device))
            made.append(Batch(sdf.float(), logits.float().sigmoid()).to("cpu"))
        off = (mean_colours(made) - truth).norm(dim=1).mean()
        yield Found(settings, right / len(specimens), float(off))


def mean_colours(solids: Iterable[Batch]) -> Tensor:
    """(n,3): of the cells that the surface passes; grey where there is none."""
    means = []
    for solid in solids:
        near = solid.near
        total = (solid.rgb * near).sum((0, 2, 3, 4)) / near.sum().clamp(min=1)
        means.append(total if bool(near.any()) else torch.full((3,), 0.5))
    return torch.stack(means)
