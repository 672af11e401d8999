"""How large a Pocket Text network is, read off its weights, and the names and shapes that all of them must then have.

The networks themselves are described, layer by layer, where they are trained: ``backend/training/text/autoencoder.py``
(prefix ``decoder.``), ``encoder.py`` (``text.``), ``flow.py`` (``flow.``) and ``sampling.py`` (``settings``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import BadWeights
from ...runtime.weights import REINSTALL

CELLS = 4  # latent tokens stand on a grid of 4³ cells, x slowest
TOKENS = CELLS**3
RESOLUTION = 8 * 2 * CELLS  # cells of the signed distance along an axis; colour has half as many
MOST_LAYERS, WIDEST = 64, 4096  # beyond these it is no network of ours

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Sizes:
    """``blocks`` are counts of transformer blocks, ``residuals`` of convolutional ones at 8³, 16³ and 32³ cells,
    ``stages`` their channels; heads follow from the sizes of heads.
    """

    channels: int  # of a latent token
    width: int
    head: int
    blocks: int
    stages: tuple[int, int, int]
    residuals: tuple[int, int, int]
    words: int
    grams: int
    length: int
    text_width: int
    text_head: int
    text_blocks: int
    flow_width: int
    flow_head: int
    flow_blocks: int
    frequencies: int

    @classmethod
    def of(cls, shapes: Mapping[str, Shape], name: str = "The file") -> Sizes:
        """The sizes of the network whose tensors have these shapes. Raises BadWeights where it is no Pocket Text."""

        def layers(prefix: str) -> int:
            for i in range(MOST_LAYERS):
                if not any(key.startswith(f"{prefix}.{i}.") for key in shapes):
                    return i
            raise ValueError

        try:
            width, channels = shapes["decoder.enter.weight"]
            text_width, flow_width = shapes["text.word.weight"][1], shapes["flow.enter.weight"][0]
            found = cls(
                channels=channels,
                width=width,
                head=shapes["decoder.blocks.0.attention.scale"][0],
                blocks=layers("decoder.blocks"),
                stages=tuple(shapes[f"decoder.{stage}.up.spread.weight"][0] // 8 for stage in STAGES),  # type: ignore[arg-type]
                residuals=tuple(layers(f"decoder.{stage}.residuals") for stage in STAGES),  # type: ignore[arg-type]
                words=shapes["text.word.weight"][0],
                grams=shapes["text.gram.weight"][0],
                length=shapes["text.place"][0],
                text_width=text_width,
                text_head=shapes["text.blocks.0.attention.scale"][0],
                text_blocks=layers("text.blocks"),
                flow_width=flow_width,
                flow_head=shapes["flow.blocks.0.attention.scale"][0],
                flow_blocks=layers("flow.blocks"),
                frequencies=shapes["flow.time.up.weight"][1] // 2,
            )
            pairs = ((width, found.head), (text_width, found.text_head), (flow_width, found.flow_head))
            if any(not 0 < head <= whole <= WIDEST or whole % head for whole, head in pairs):
                raise ValueError
        except (KeyError, IndexError, ValueError, TypeError):
            raise BadWeights(f"{name} holds no network of Pocket Text.", REINSTALL) from None
        return found

    def shapes(self) -> dict[str, Shape]:
        """Name and shape of every tensor."""
        shapes: dict[str, Shape] = {"settings": (4,)}
        shapes |= _linear("decoder.enter", self.width, self.channels) | {"decoder.place": (TOKENS, self.width)}
        for i in range(self.blocks):
            shapes |= _block(f"decoder.blocks.{i}", self.width, self.head)
        below = self.width
        for stage, channels, count in zip(STAGES, self.stages, self.residuals, strict=True):
            shapes |= _layer(f"decoder.{stage}.up.spread", 8 * channels, below, 1, 1, 1)
            for i in range(count):
                for part in ("first", "second"):
                    shapes |= _layer(f"decoder.{stage}.residuals.{i}.{part}", channels, channels, 3, 3, 3)
            below = channels
        shapes |= _layer("decoder.head", 8 + 3, below, 3, 3, 3)
        d = self.text_width
        shapes |= {"text.word.weight": (self.words, d), "text.gram.weight": (self.grams, d)}
        shapes |= {"text.summary": (d,), "text.place": (self.length, d)}
        for i in range(self.text_blocks):
            shapes |= _block(f"text.blocks.{i}", d, self.text_head)
        d = self.flow_width
        shapes |= _linear("text.leave", d, self.text_width)
        shapes |= _linear("flow.enter", d, self.channels) | {"flow.place": (TOKENS, d)}
        for number in ("time", "guidance"):
            shapes |= _linear(f"flow.{number}.up", d, 2 * self.frequencies) | _linear(f"flow.{number}.down", d, d)
        shapes |= _linear("flow.modulate", 6 * d, d) | {"flow.table": (self.flow_blocks, 6, d)}
        for i in range(self.flow_blocks):
            shapes |= _block(f"flow.blocks.{i}", d, self.flow_head)
        return shapes | _linear("flow.last", 2 * d, d) | _linear("flow.leave", self.channels, d)


STAGES = ("wide", "middle", "fine")


def _layer(name: str, *shape: int) -> dict[str, Shape]:
    return {name + ".weight": shape, name + ".bias": shape[:1]}


def _linear(name: str, out: int, inside: int) -> dict[str, Shape]:
    return _layer(name, out, inside)


def _block(name: str, width: int, head: int) -> dict[str, Shape]:
    return (
        _linear(name + ".attention.qkv", 3 * width, width)
        | _linear(name + ".attention.out", width, width)
        | {name + ".attention.scale": (head,)}
        | _linear(name + ".mlp.up", 4 * width, width)
        | _linear(name + ".mlp.down", width, 4 * width)
    )
