"""Trains the judge on renders of training objects, on the CPU in minutes, and keeps it under ``build/``."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from .judge import Judge, Labels, terms

RARE = 3  # a term that fewer captions have is not read


@dataclass(frozen=True)
class Lesson:
    """What the judge learns from: n objects' pictures (n, 4, C, S, S) uint8, and for each its family, its main colour
    (empty where it has none to speak of) and its captions.
    """

    pictures: np.ndarray
    families: tuple[str, ...]
    colours: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Course:
    """How it learns."""

    epochs: int = 10
    batch: int = 64
    rate: float = 2e-3
    seed: int = 0


def labels_of(lesson: Lesson) -> Labels:
    """Everything that occurs in a lesson, sorted."""
    counts = Counter(t for captions in lesson.captions for c in captions for t in set(terms(c)))
    common = tuple(sorted(t for t, n in counts.items() if n >= RARE))
    return Labels(tuple(sorted(set(lesson.families))), tuple(sorted(set(lesson.colours) - {""})), common)


def train(
    lesson: Lesson, course: Course, labels: Labels | None = None, tell: Callable[[str], None] | None = None
) -> Judge:
    """A judge of ``lesson``. The same lesson and course give the same judge on one machine.

    Pictures are dimmed, tinted, blurred, shifted and made noisy at random, so that it learns what things are and not
    how clean the grammar's grids are. AdamW with a cosine schedule; losses: family and colour by cross-entropy with a
    little label smoothing, captions by the symmetric contrastive loss over the batch.
    """
    torch.manual_seed(course.seed)
    rng = np.random.default_rng(course.seed)
    labels = labels or labels_of(lesson)
    judge = Judge(labels)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=course.rate, weight_decay=0.02)
    family = torch.tensor([labels.families.index(f) for f in lesson.families])
    colour = torch.tensor([labels.colours.index(c) if c else -1 for c in lesson.colours])
    steps = course.epochs * math.ceil(len(family) / course.batch)
    step = 0
    for epoch in range(course.epochs):
        judge.train()
        losses, right = [], 0
        order = rng.permutation(len(family))
        for start in range(0, len(order), course.batch):
            chosen = np.sort(order[start : start + course.batch])
            for group in optimiser.param_groups:
                group["lr"] = course.rate * min((step + 1) / 50, 0.5 + 0.5 * math.cos(math.pi * step / steps) + 1e-3)
            pictures = worsened(torch.from_numpy(lesson.pictures[chosen]), rng)
            with torch.autocast("cpu", torch.bfloat16):  # twice as fast where the processor has it
                features = judge.features(pictures)
            features = features.float()
            captions = [lesson.captions[i][rng.integers(len(lesson.captions[i]))] for i in chosen]
            said = judge.family(features)
            loss = functional.cross_entropy(said, family[chosen], label_smoothing=0.05)
            if (colour[chosen] >= 0).any():
                loss = loss + functional.cross_entropy(judge.colour(features), colour[chosen], ignore_index=-1)
            loss = loss + contrast(judge, features, captions)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
            optimiser.step()
            losses.append(loss.item())
            right += int((said.argmax(1) == family[chosen]).sum())
            step += 1
        if tell is not None:
            tell(f"judge, epoch {epoch + 1}: loss {np.mean(losses):.3f}, families {right / len(family):.1%}")
    return judge.eval()


def contrast(judge: Judge, features: Tensor, captions: Sequence[str]) -> Tensor:
    """The symmetric contrastive loss; captions that are equal are each other's, none is wrong for the other."""
    seen, read = judge.embed_pictures(features), judge.embed_captions(captions)
    logits = seen @ read.T * judge.sharpness.clamp(max=4.0).exp()
    same = torch.tensor([[a == b for b in captions] for a in captions], dtype=logits.dtype)
    same = same / same.sum(1, keepdim=True)
    return (functional.cross_entropy(logits, same) + functional.cross_entropy(logits.T, same)) / 2


def worsened(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """(n, 4, C, S, S) uint8 → float in [0, 255]: dimmer, tinted, blurred, shifted and noisy."""
    x = pictures.float()
    n, _, channels = x.shape[:3]
    tint = np.ones((n, 1, channels, 1, 1), np.float32)
    tint[:, :, :3] = rng.uniform(0.94, 1.06, (n, 1, 1, 1, 1)) * rng.uniform(0.97, 1.03, (n, 1, 3, 1, 1))
    x = x * torch.from_numpy(tint)
    blurred = torch.from_numpy(rng.random(n) < 0.2)
    if blurred.any():
        soft = functional.avg_pool2d(x[blurred].flatten(0, 1), 3, 1, 1, count_include_pad=False)
        x[blurred] = soft.view(-1, *x.shape[1:])
    dx, dy = (int(d) for d in rng.integers(-1, 2, 2))
    x = torch.roll(x, (dy, dx), (-2, -1))
    seen = (pictures.amax(2, keepdim=True) > 0).roll((dy, dx), (-2, -1))
    grain = torch.from_numpy(rng.uniform(0, 10, (n, 1, 1, 1, 1)).astype(np.float32))
    chance = torch.Generator().manual_seed(int(rng.integers(1 << 31)))
    noise = torch.randn(x.shape[1:], generator=chance)  # one for all of them: drawing it would cost most of the time
    return (x + seen * grain * noise).clamp(0, 255)


def save(judge: Judge, path: Path, key: str, report: dict[str, float]) -> None:
    """``path`` and, beside it, ``path``.json: what it can say, what it was trained on (``key``), how good it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in judge.state_dict().items()}, str(path))
    told = {"key": key, "report": report, "labels": asdict(judge.labels)}
    path.with_suffix(".json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def load(path: Path, key: str) -> tuple[Judge, dict[str, float]] | None:
    """The judge and its report, or None where there is none for this ``key``."""
    beside = path.with_suffix(".json")
    if not (path.is_file() and beside.is_file()):
        return None
    told = json.loads(beside.read_text(encoding="utf-8"))
    if told["key"] != key:
        return None
    judge = Judge(Labels(*(tuple(told["labels"][k]) for k in ("families", "colours", "terms"))))
    judge.load_state_dict(load_file(str(path)))
    return judge.eval(), told["report"]
