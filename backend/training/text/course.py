"""The whole training in one folder, stage by stage, each of which goes on where it was cut off.

FOLDER/autoencoder   checkpoint and log
FOLDER/real          grids of real objects, if the folder of data is there
FOLDER/latents       shards of latents with captions
FOLDER/words.json    the vocabulary of the captions, fixed when the flow begins
FOLDER/flow          checkpoint and log
FOLDER/distilled     a folder a round
FOLDER/ship          the two files that the engine reads
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ...engines.pocket_text.words import Vocabulary
from .. import checkpoint
from ..data import grids as real_grids
from ..data.shards import things
from ..grammar.sample import FAMILIES, held_out
from ..loop import CHECKPOINT, Plan
from .autoencoder import Autoencoder
from .choosing import choices, probe
from .config import Config
from .distillation import distil
from .grids import Mixed, Supply
from .latents import Latents, grammar_shards, real_shards
from .look import look
from .measuring import reconstruction, unseen, velocity_error
from .origin import demand, digest
from .reconstruction import channels_last, train_autoencoder
from .sampling import Settings
from .shipping import fitting, ship
from .teaching import Reader, TextToLatents, train_flow

VALIDATION_SEEDS = 10**9  # seeds from here on are never trained on
MEASURED = 64  # of them, by ``measure``


class Missing(Exception):
    """A stage was asked for before the one that it needs."""

    def __init__(self, what: str, verb: str):
        super().__init__(f"There is no {what} yet: run `python -m backend.training text {verb}` first.")


@dataclass(frozen=True)
class Course:
    """Where and how. ``minutes`` are those of one stage; ``piece`` how many this call may take in all.

    ``batch`` 0 is what suits the device: on a processor 8 solids and 64 latents, else 64 and 1,024.
    """

    folder: Path
    config: Config
    data: Path | None = None
    device: str = "cpu"
    minutes: float = 30.0
    piece: float = math.inf
    objects: int = 60_000
    workers: int = 0
    part: tuple[int, int] = (0, 1)
    batch: int = 0
    share: float = 0.25
    settings: Settings = field(default_factory=Settings)
    begun: float = 0.0

    @property
    def left(self) -> float:
        """Minutes of the piece that are left."""
        return self.piece - (time.monotonic() - self.begun) / 60

    def real(self) -> bool:
        """Grids of real objects, where there is data. → whether all are there."""
        if self.data is None:
            return True
        chosen = real_grids.mixed(thing for thing in things(self.data, "train") if real_grids.named(thing))
        real_grids.write(chosen, self.folder / "real" / "train", time.monotonic() + 60 * self.left)
        return self.left > 0

    @property
    def real_files(self) -> list[Path]:
        return sorted((self.folder / "real").glob("*.npz"))

    def autoencoder(self) -> bool:
        """→ whether it is finished."""
        plan = Plan(minutes=self.minutes, lr=1e-3, warmup=50, hold=0.6, ema=0.99)
        maker = Mixed(self.real_files)
        supply = Supply(self.batch or (8 if self.device == "cpu" else 64), self.workers, make=maker)
        try:
            folder, config = self.folder / "autoencoder", self.config.autoencoder
            return train_autoencoder(config, plan, supply, folder, self.device, self.left)[1].finished
        finally:
            supply.close()

    def latents(self) -> bool:
        """→ whether all are there."""
        model = self.trained_autoencoder()
        if self.part[0] == 0:
            real_shards(model, self.folder / "latents", self.real_files, self.device)
        return grammar_shards(
            model, self.folder / "latents", self.objects, held_out, 0, self.device, self.part, lambda: self.left > 0
        )

    def flow(self) -> bool:
        """→ whether it is finished."""
        latents, code = self.made_latents(), self.code()
        demand(self.folder / "flow" / CHECKPOINT, "autoencoder", code)
        plan = Plan(minutes=self.minutes, lr=2e-3, warmup=100, hold=0.3, ema=0.998)
        size = self.batch or (64 if self.device == "cpu" else 1024)
        vocabulary = self.vocabulary(latents)
        reached = train_flow(
            self.config, plan, latents, vocabulary, self.folder / "flow", size, self.share, self.device, self.left,
            facts={} if code is None else {"autoencoder": code},
        )[1]  # fmt: skip
        return reached.finished

    def distil(self) -> bool:
        """→ whether every round is finished. The teacher is the flow itself, never a student of it."""
        latents, teacher = self.made_latents(), self.taught_flow()
        code = digest(teacher.state_dict())
        for path in sorted((self.folder / "distilled").rglob(CHECKPOINT)):
            demand(path, "flow", code)
        reader = Reader(self.vocabulary(latents))
        plan = Plan(minutes=self.minutes / 3, lr=5e-4, warmup=50, ema=0.998)
        size = self.batch or (64 if self.device == "cpu" else 1024)
        student, settings, finished = distil(
            teacher, self.settings, plan, latents, reader, self.folder / "distilled", (16, 8), size,
            self.share, self.device, self.left, {"flow": code},
        )  # fmt: skip
        if finished:
            facts = {"settings": asdict(settings), "flow": code}
            checkpoint.write(
                self.folder / "distilled" / CHECKPOINT, checkpoint.prefixed(student.state_dict(), "ema"), facts
            )
        return finished

    def look(self) -> bool:
        """A sheet of what the network makes of a list of texts: FOLDER/look.png."""
        model, vocabulary = self.trained_flow(), Vocabulary.read(self.folder / "words.json")
        look(self.trained_autoencoder(), model, vocabulary, self.chosen(), self.folder / "look.png")
        return True

    def choose(self) -> bool:
        """Prints steps, guidance and shift, each with what it gives on captions that were not trained on."""
        latents, reader = self.made_latents(), Reader(Vocabulary.read(self.folder / "words.json"))
        given = self.chosen()
        candidates = [replace(given, guidance=g) for g in (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)]
        candidates += [replace(given, steps=n) for n in (8, 12, 16, 50)] + [replace(given, shift=s) for s in (0.6, 2.0)]
        seeds = range(VALIDATION_SEEDS, VALIDATION_SEEDS + 128)
        networks = (self.trained_autoencoder(), self.trained_flow(), reader, probe(latents))
        for found in choices(*networks, candidates, seeds):
            print(found, flush=True)
        return True

    def measure(self) -> bool:
        """Prints how well unseen objects of the grammar are reconstructed, and, where a flow is there, its error on
        their latents, told their captions and told nothing.
        """
        specimens, autoencoder = (
            unseen(range(VALIDATION_SEEDS, VALIDATION_SEEDS + MEASURED)),
            self.trained_autoencoder(),
        )
        print(f"autoencoder, {len(specimens)} unseen objects: {reconstruction(autoencoder, specimens)}", flush=True)
        if (self.folder / "flow" / CHECKPOINT).exists():
            reader = Reader(Vocabulary.read(self.folder / "words.json"))
            told, silent = velocity_error(autoencoder, self.taught_flow(), reader, specimens)
            print(f"flow, the same objects: error {told:.4f} with their captions, {silent:.4f} without")
        return True

    def export(self) -> bool:
        """The distilled network if there is one, else the flow with this course's settings."""
        model, vocabulary = self.trained_flow(), Vocabulary.read(self.folder / "words.json")
        size = ship(self.trained_autoencoder(), model, vocabulary, self.chosen(), self.folder / "ship")
        print(f"{self.folder / 'ship'}: {size:,} bytes")
        return True

    def all(self) -> bool:
        """Every stage in order, as far as the piece reaches."""
        return self.real() and self.autoencoder() and self.latents() and self.flow() and self.distil() and self.export()

    def trained_autoencoder(self) -> Autoencoder:
        """The mean network of the last checkpoint."""
        path = self.folder / "autoencoder" / CHECKPOINT
        if not path.exists():
            raise Missing("autoencoder", "autoencoder")
        model = Autoencoder(self.config.autoencoder)
        model.load_state_dict(checkpoint.part(checkpoint.read(path)[0], "ema"))
        return channels_last(model).to(self.device).eval()

    def code(self) -> str | None:
        """The digest of the autoencoder; None where it is not in this folder."""
        there = (self.folder / "autoencoder" / CHECKPOINT).exists()
        return digest(self.trained_autoencoder().state_dict()) if there else None

    def made_latents(self) -> Latents:
        """All that may be trained on. Raises Outdated where some are of another autoencoder."""
        return Latents.read(self.folder / "latents", held_out, self.code())

    def trained_flow(self) -> TextToLatents:
        """The last distilled network, or else the flow's mean network. Raises Outdated."""
        path, taught = self.folder / "distilled" / CHECKPOINT, self.folder / "flow" / CHECKPOINT
        if not path.exists():
            return self.taught_flow()
        if taught.exists():
            demand(path, "flow", digest(self.taught_flow().state_dict()))
        return self._flow_of(path)

    def taught_flow(self) -> TextToLatents:
        """The flow's mean network. Raises Outdated where it was trained on another autoencoder's latents."""
        path = self.folder / "flow" / CHECKPOINT
        if not path.exists():
            raise Missing("flow", "flow")
        demand(path, "autoencoder", self.code())
        return self._flow_of(path)

    def _flow_of(self, path: Path) -> TextToLatents:
        model = TextToLatents(self.config)
        model.load_state_dict(checkpoint.part(checkpoint.read(path)[0], "ema"))
        return model.to(self.device).eval()

    def chosen(self) -> Settings:
        """How to sample: as the distilled network was taught, if there is one, else this course's settings."""
        path = self.folder / "distilled" / CHECKPOINT
        return Settings(**checkpoint.read(path)[1]["settings"]) if path.exists() else self.settings

    def vocabulary(self, latents: Latents) -> Vocabulary:
        """That of ``words.json``; made of the captions first, where it is not there yet."""
        path = self.folder / "words.json"
        if not path.exists():
            found = Vocabulary.of(latents.captions(), things=FAMILIES)
            fitting(self.config.text.words, found).write(path)
        return Vocabulary.read(path)
