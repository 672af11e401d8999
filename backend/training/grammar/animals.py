"""Animals on four legs."""

from __future__ import annotations

from .build import Build, Vec
from .colours import Paint
from .dice import Dice
from .register import family


def torso(b: Build, body: Paint, long: float, girth: float, leg: float, thick: float, foot: Paint | None = None,
          name: str = "leg") -> float:  # fmt: skip
    """A body along y on four legs; returns the height of its middle. ``long``: half length, ``leg``: free length."""
    z = leg + girth
    b.rod((0, -long + girth, z), (0, long - girth, z), girth, body)
    with b.pair():
        for y in (-long + 0.9 * girth, long - 0.9 * girth):
            b.part(name)
            x = 0.6 * girth
            b.rod((x, y, z), (x, y, thick), thick * 1.15, body, taper=0.87)
            if foot:
                b.cylinder(thick * 1.1, thick * 0.7, (x, y, thick * 0.65), foot)
    return z


def eyes(b: Build, at: Vec, size: float, dice: Dice) -> None:
    """Two dark balls on the face at ``at`` (x > 0)."""
    with b.pair("eye"):
        b.ball(size, at, b.paint("black"))


def spots(b: Build, paint: Paint, places: list[tuple[float, float, float]], size: float) -> None:
    for place in places:
        b.part("spot")
        b.ball(size, place, paint)


@family("horse")
def horse(d: Dice, b: Build) -> None:
    b.noun("horse", "pony", "horse")
    body = b.main(("brown", "white", "black", "beige", "grey"))
    mane = b.other(body, 0.8, ("black", "white", "brown", "golden", "grey"))
    z = torso(b, body, 0.72, 0.24, 0.62, 0.085, body.shade(0.4))
    b.part("neck")
    b.rod((0, -0.5, z + 0.1), (0, -0.82, z + 0.58), 0.19, body, taper=0.7)
    b.part("head")
    b.rod((0, -0.84, z + 0.62), (0, -1.18, z + 0.38), 0.15, body, taper=0.7)
    with b.pair("ear"):
        b.cylinder(0.055, 0.1, (0.08, -0.78, z + 0.82), body, top=0.2)
    b.part("mane")
    b.rod((0, -0.42, z + 0.28), (0, -0.7, z + 0.74), 0.085, mane)
    b.part("tail")
    b.rod((0, 0.68, z + 0.1), (0, 0.9, z - 0.45), 0.08, mane, taper=1.2)
    eyes(b, (0.12, -0.93, z + 0.62), 0.04, d)
    b.has("mane", "manes", 1, mane)
    b.has("tail", "tails", 1, mane)
    if d.chance(0.35):
        saddle = b.other(body, 1.0, ("red", "brown", "black", "blue"))
        b.part("saddle")
        b.cylinder(0.275, 0.2, (0, 0, z + 0.02), saddle, turn=(90, 0, 0))
        b.ball((0.15, 0.24, 0.1), (0, 0, z + 0.27), saddle)
        b.has("saddle", "saddles", 1, saddle)
        b.first()
    if d.chance(0.15):
        horn = b.other(body, 1.0, ("golden", "pink", "white", "yellow"))
        b.part("horn")
        b.pole((0, -0.92, z + 0.7), (0, -1.1, z + 1.1), 0.07, horn, top=0.2)
        b.words.nouns = ("unicorn",)
        b.has("horn", "horns", 1, horn)
        b.first()


@family("cow")
def cow(d: Dice, b: Build) -> None:
    b.noun("cow", "cow", "calf")
    body = b.main(("white", "brown", "black"))
    z = torso(b, body, 0.78, 0.32, 0.38, 0.1, body.shade(0.5))
    b.part("head")
    b.rod((0, -0.62, z + 0.1), (0, -0.85, z + 0.3), 0.2, body)
    b.ball((0.18, 0.26, 0.2), (0, -0.98, z + 0.3), body)
    b.part("snout")
    b.ball((0.15, 0.12, 0.12), (0, -1.2, z + 0.2), b.paint("pink", "beige"))
    eyes(b, (0.15, -1.1, z + 0.38), 0.045, d)
    with b.pair("ear"):
        b.ball((0.14, 0.06, 0.07), (0.27, -0.9, z + 0.36), body)
    if d.chance(0.7):
        with b.pair("horn"):
            b.rod((0.1, -0.9, z + 0.45), (0.22, -0.94, z + 0.68), 0.055, b.paint("beige"), taper=0.6)
        b.has("horn", "horns", 2)
    b.part("udder")
    b.ball((0.15, 0.17, 0.12), (0, 0.4, z - 0.33), b.paint("pink"))
    b.part("tail")
    b.rod((0, 0.76, z + 0.15), (0, 0.86, z - 0.35), 0.05, body)
    if d.chance(0.6):
        hue = b.other(body, 1.0, ("black", "brown", "white"))
        spots(b, hue, [(0.17, -0.3, z + 0.1), (0.16, 0.3, z + 0.14), (-0.17, 0.1, z + 0.12), (0, 0.5, z + 0.16)], 0.2)
        b.has("spot", "spots", 4, hue)
        b.first()


@family("pig")
def pig(d: Dice, b: Build) -> None:
    b.noun("pig", "piglet", "piggy")
    body = b.main(("pink", "pink", "black", "brown"), faithful=0.6)
    girth = d.real(0.34, 0.44)
    b.say("fat" if girth > 0.4 else "")
    z = torso(b, body, 0.72, girth, 0.14, 0.11, body.shade(0.6))
    b.part("head")
    b.ball((0.28, 0.27, 0.27), (0, -0.7, z + 0.12), body)
    b.part("snout")
    b.cylinder(0.13, 0.08, (0, -0.99, z + 0.08), body.shade(0.85), turn=(90, 0, 0), round=0.03)
    eyes(b, (0.13, -0.92, z + 0.22), 0.042, d)
    with b.pair("ear"):
        b.box((0.1, 0.045, 0.1), (0.18, -0.72, z + 0.4), body, top=0.1, turn=(20, 15, 0))
    b.part("tail")
    b.torus(0.08, 0.04, (0, 0.76, z + 0.12), body, turn=(0, 90, 0))
    b.has("leg", "legs", 4, adjective="short")
    b.has("curly tail", count=1)


@family("sheep")
def sheep(d: Dice, b: Build) -> None:
    b.noun("sheep", "lamb", "sheep")
    body = b.main(("white", "white", "beige", "black", "grey"), faithful=0.6)
    face = b.other(body, 0.7, ("black", "beige", "brown", "white", "pink"))
    z = 0.72
    b.ball((0.42, 0.6, 0.38), (0, 0, z), body)
    for x, y, up in ((0.25, -0.3, 0.16), (0.25, 0.28, 0.16), (0, -0.42, 0.1), (0, 0.42, 0.1), (0, 0, 0.22)):
        for s in (1, -1) if x else (1,):
            b.again("body")
            b.ball(0.27, (s * x, y, z + up), body)
    with b.pair():
        for y in (-0.32, 0.34):
            b.part("leg")
            b.rod((0.2, y, z), (0.2, y, 0.08), 0.085, face)
    b.part("head")
    b.rod((0, -0.62, z + 0.28), (0, -0.82, z + 0.12), 0.17, face, taper=0.75)
    b.again("body")
    b.ball((0.18, 0.14, 0.12), (0, -0.58, z + 0.45), body)
    with b.pair("ear"):
        b.ball((0.13, 0.06, 0.06), (0.24, -0.62, z + 0.32), face)
    b.has("head", "heads", 1, face)
    b.has("leg", "legs", 4, face)
    if d.chance(0.25):
        with b.pair("horn"):
            b.torus(0.13, 0.055, (0.2, -0.55, z + 0.36), b.paint("beige", "brown"), turn=(0, 90, 0), arc=270)
        b.has("horn", "horns", 2)


@family("elephant")
def elephant(d: Dice, b: Build) -> None:
    b.noun("elephant")
    body = b.main(("grey", "grey", "blue", "pink"), faithful=0.6)
    z = torso(b, body, 0.72, 0.4, 0.32, 0.16)
    b.part("head")
    b.ball((0.32, 0.32, 0.34), (0, -0.82, z + 0.2), body)
    b.part("trunk")
    raised = d.chance(0.35)
    path = [(0, -1.05, z + 0.1), (0, -1.25, z - 0.15)]
    path += [(0, -1.5, z - 0.05), (0, -1.6, z + 0.3)] if raised else [(0, -1.3, z - 0.45), (0, -1.42, z - 0.56)]
    radii = (0.15, 0.12, 0.1, 0.08)
    for i in range(3):
        b.rod(path[i], path[i + 1], radii[i], body, taper=radii[i + 1] / radii[i])
    b.has("trunk", "trunks", 1, adjective="raised" if raised else "long")
    big = d.chance(0.6)
    with b.pair("ear"):
        s = 1.0 if big else 0.75
        b.ball((0.06, 0.26 * s, 0.34 * s), (0.36, -0.68, z + 0.2), body, turn=(0, 0, -28))
    b.has("ear", "ears", 2, adjective="big" if big else "small")
    if d.chance(0.6):
        tusk = b.paint("white", "beige")
        with b.pair("tusk"):
            b.rod((0.17, -1.02, z - 0.02), (0.22, -1.35, z - 0.18), 0.06, tusk, taper=0.6)
        b.has("tusk", "tusks", 2, tusk)
    b.part("tail")
    b.rod((0, 0.7, z + 0.1), (0, 0.82, z - 0.3), 0.05, body)
    eyes(b, (0.2, -1.05, z + 0.33), 0.045, d)


@family("giraffe")
def giraffe(d: Dice, b: Build) -> None:
    b.noun("giraffe")
    body = b.main(("yellow", "yellow", "orange", "beige"), faithful=0.6)
    patch = b.other(body, 0.9, ("brown", "orange", "dark red", "white"))
    z = torso(b, body, 0.5, 0.22, 0.75, 0.085)
    neck = d.real(0.95, 1.2)
    top = z + neck
    b.part("neck")
    b.rod((0, -0.32, z + 0.05), (0, -0.6, top), 0.15, body, taper=0.7)
    b.part("head")
    b.rod((0, -0.6, top + 0.05), (0, -0.85, top - 0.05), 0.13, body, taper=0.75)
    with b.pair("horn"):
        b.rod((0.06, -0.58, top + 0.12), (0.07, -0.56, top + 0.3), 0.05, body)
    with b.pair("ear"):
        b.ball((0.12, 0.05, 0.06), (0.17, -0.55, top + 0.1), body)
    b.part("tail")
    b.rod((0, 0.48, z + 0.1), (0, 0.58, z - 0.3), 0.05, patch)
    if patch.name != body.name:
        places = [(0.14, -0.2, z + 0.1), (0.13, 0.25, z + 0.1), (-0.14, 0.05, z + 0.1), (0, 0.15, z + 0.14)]
        for t, x in ((0.25, 0.05), (0.5, -0.04), (0.75, 0.03), (0.38, -0.05), (0.62, 0.05)):
            places.append((x, -0.32 - 0.28 * t, z + 0.05 + (neck - 0.05) * t))
        spots(b, patch, places, 0.125)
        b.has("spot", "spots", 0, patch)
    b.has("neck", "necks", 1, adjective="very long" if neck > 1.1 else "long")
    b.has("leg", "legs", 4)
