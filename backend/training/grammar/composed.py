"""Plain primitives: alone, on top of each other, and thrown together."""

from __future__ import annotations

import math

from .build import Build, Vec
from .captions import NUMBERS, article
from .colours import Paint
from .dice import Dice
from .register import family

# name → other names; how each stands in a cube of half side 1 is in ``_put``
SHAPES: dict[str, tuple[str, ...]] = {
    "cube": ("cube", "box", "block"),
    "sphere": ("sphere", "ball"),
    "cylinder": ("cylinder",),
    "cone": ("cone",),
    "pyramid": ("pyramid",),
    "ring": ("ring", "torus"),
    "capsule": ("capsule", "pill"),
    "dome": ("dome", "hemisphere"),
}


def _put(b: Build, name: str, at: Vec, size: float, paint: Paint, tall: float = 1.0) -> None:
    x, y, z = at
    if name == "cube":
        b.box((size, size, size * tall), at, paint, round=0.06 * size)
    elif name == "sphere":
        b.ball((size, size, size * tall), at, paint)
    elif name == "cylinder":
        b.cylinder(0.8 * size, size * tall, at, paint, round=0.03 * size)
    elif name == "cone":
        b.cylinder(size, size * tall, at, paint, top=0.0)
    elif name == "pyramid":
        b.box((size, size, size * tall), at, paint, top=0.0)
    elif name == "ring":
        b.torus(0.75 * size, 0.25 * size, (x, y, z - 0.75 * size * tall), paint)
    elif name == "capsule":
        b.rod((x, y, z - 0.45 * size * tall), (x, y, z + 0.45 * size * tall), 0.55 * size, paint)
    else:
        b.dome((size, size, size * tall), (x, y, z - 0.5 * size * tall), paint)


@family("shape")
def shape(d: Dice, b: Build) -> None:
    name = d.pick(tuple(SHAPES))
    tall = d.one(1.0, 1.0, 1.0, 1.7, 0.5) if name in ("cylinder", "cone", "pyramid") else 1.0
    b.noun(*SHAPES[name])
    body = b.main()
    if tall > 1:
        b.say("tall")
    elif tall < 1:
        b.say("flat")
    _put(b, name, (0, 0, 0), 1, body, tall)


@family("stack")
def stack(d: Dice, b: Build) -> None:
    """Two or three shapes on top of each other, told from top to bottom."""
    names = [d.one("cube", "cylinder") for _ in range(d.whole(1, 2))] + [d.pick(tuple(SHAPES))]
    paints = [b.main()]
    for _ in names[1:]:
        paints.append(b.other(paints[-1], 0.9))
    z, sizes = 0.0, [d.real(0.8, 1.0)]
    for i, name in enumerate(names):
        if i:
            sizes.append(sizes[-1] * d.real(0.6, 0.95))
        reach = {"ring": 0.25, "capsule": 1.0, "dome": 0.5}.get(name, 1.0) * sizes[i]
        lift = {"ring": 0.75 * sizes[i], "dome": 0.0}.get(name, 0.0)
        if i:
            b.part("body")
        _put(b, name, (0, 0, z + reach + lift), sizes[i], paints[i])
        z += 2 * reach - 0.02

    def told(i: int, hue: bool = True) -> str:
        noun = d.pick(SHAPES[names[i]])
        return article(f"{paints[i].name} {noun}" if hue else noun)

    order = range(len(names) - 1, -1, -1)
    down, up = dict.fromkeys(("on top of", "on", "above")), ("under", "below")
    said = [f" {w} ".join(told(i) for i in order) for w in down]
    said += [f" {w} ".join(told(i) for i in reversed(order)) for w in up]
    said += [f"{article('stack')} of " + " and ".join(told(i) for i in order)]
    said += [" on ".join(told(i, False) for i in order), f"{NUMBERS[len(names)]} shapes on top of each other"]
    b.noun("stack", "tower of shapes")
    b.words.phrases = tuple(dict.fromkeys(said))
    b.has("shape", "shapes", len(names), parts="body")


@family("composed")
def composed(d: Dice, b: Build) -> None:
    """2 to 9 boxes, balls, cylinders, cones, rings and rods of any turn and colour, each touching an earlier one."""
    count = d.whole(2, 9)
    b.noun("abstract shape", "abstract sculpture", "composition", "abstract object")
    body = b.main()
    single = d.chance(0.4)
    spots: list[tuple[Vec, float]] = []
    for i in range(count):
        colour = body if i == 0 or single else b.paint()
        size = [d.real(0.25, 0.8) * (1.2 if i == 0 else 0.8) for _ in range(3)]
        turn = tuple(d.one(0.0, 90.0, d.real(0, 180)) for _ in range(3)) if d.chance(0.6) else ()
        if spots:
            at, reach = d.pick(spots)
            yaw, rise = d.real(0, 2 * math.pi), d.real(-1, 1)
            way = (math.cos(yaw) * math.sqrt(1 - rise * rise), math.sin(yaw) * math.sqrt(1 - rise * rise), rise)
            far = reach + 0.3 * min(size)
            place: Vec = [p + far * w for p, w in zip(at, way, strict=True)]
            b.part("body")
        else:
            place = (0.0, 0.0, 0.0)
        spots.append((place, min(size)))
        kind = d.whole(0, 6)
        if kind == 0:
            b.box(size, place, colour, round=d.one(0, 0, 0.1), turn=turn)
        elif kind == 1:
            b.ball(size, place, colour, turn=turn)
        elif kind == 2:
            b.cylinder(size[0], size[2], place, colour, turn=turn, round=d.one(0, 0.05))
        elif kind == 3:
            b.cylinder(size[0], size[2], place, colour, top=d.one(0, 0.5), turn=turn)
        elif kind == 4:
            b.torus(max(size[0], 0.4), 0.12 + 0.1 * d.real(), place, colour, turn=turn)
        elif kind == 5:
            b.box(size, place, colour, top=d.one(0, 0.4), turn=turn)
        else:
            b.dome(size, place, colour, turn=turn)
    piece = d.one("piece", "part", "shape")
    b.has(piece, f"{piece}s", count, parts="body")
    if not single:
        many = f"{NUMBERS[count]} {piece}s"
        hue = article(body.name)
        b.words.phrases = (
            f"a colourful abstract shape with {many}", f"an abstract sculpture of {many}", "colourful abstract shape",
            f"a multicoloured composition with {many}", "abstract object in many colours",
            f"{hue} {piece} with other {piece}s", f"colorful shape made of {many}",
        )  # fmt: skip
