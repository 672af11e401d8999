"""What crawls and creeps: shells, coils, many legs."""

from __future__ import annotations

import math

from .animals import eyes
from .build import Build
from .dice import Dice
from .register import family


@family("turtle")
def turtle(d: Dice, b: Build) -> None:
    b.noun("turtle", "tortoise")
    shell = b.main(("green", "brown", "dark green"))
    skin = b.other(shell, 0.8, ("green", "light green", "beige", "brown", "yellow"))
    high = d.real(0.35, 0.55)
    b.dome((0.6, 0.7, high), (0, 0, 0.22), shell)
    b.part("belly")
    b.cylinder((0.62, 0.72), 0.05, (0, 0, 0.2), skin)
    with b.pair():
        for y, turn in ((-0.5, 40), (0.5, 140)):
            b.part("leg")
            rad = math.radians(turn)
            b.rod((0.35, 0.8 * y, 0.16), (0.35 + 0.28 * math.sin(rad), y * 1.2, 0.1), 0.11, skin)
    b.part("head")
    b.rod((0, -0.6, 0.26), (0, -0.9, 0.42), 0.14, skin)
    b.ball((0.16, 0.2, 0.15), (0, -0.95, 0.44), skin)
    eyes(b, (0.11, -1.08, 0.5), 0.045, d)
    b.part("tail")
    b.rod((0, 0.68, 0.18), (0, 0.9, 0.12), 0.07, skin, taper=0.6)
    b.has("shell", "shells", 1, adjective="high" if high > 0.48 else "flat" if high < 0.4 else "")
    b.has("head", "heads", 1, skin)
    b.has("leg", "legs", 4, skin)


@family("snail")
def snail(d: Dice, b: Build) -> None:
    b.noun("snail")
    shell = b.main(("brown", "orange", "red", "blue", "beige"))
    skin = b.other(shell, 1.0, ("beige", "grey", "yellow", "light green", "brown", "pink"))
    z = 0.62
    b.cylinder(0.48, 0.2, (0, 0.15, z), shell, turn=(0, 90, 0), round=0.15)
    b.again("body")
    b.torus(0.35, 0.15, (0, 0.15, z), shell.shade(0.8), turn=(0, 90, 0))
    with b.pair():
        b.ball((0.1, 0.17, 0.17), (0.2, 0.15, z), shell)
    b.part("foot")
    b.ball((0.19, 0.85, 0.14), (0, 0, 0.13), skin)
    b.rod((0, -0.6, 0.15), (0, -0.78, 0.5), 0.15, skin)
    with b.pair("feeler"):
        b.rod((0.06, -0.78, 0.55), (0.16, -0.9, 0.95), 0.05, skin)
        b.ball(0.075, (0.16, -0.9, 0.97), skin)
    b.has("shell", "shells", 1)
    b.has("body", "bodies", 1, skin)
    b.has("feeler", "feelers", 2)


@family("snake")
def snake(d: Dice, b: Build) -> None:
    b.noun("snake", "serpent")
    body = b.main(("green", "brown", "yellow", "red", "black"))
    rings = d.chance(0.45)
    second = b.other(body, 1.0, ("yellow", "black", "red", "white", "orange")) if rings else body
    coiled = d.chance(0.5)
    b.say("coiled" if coiled else "long")
    points, r = [], 0.13
    if coiled:
        for i in range(19):
            a = i * 0.7
            w = 0.62 - 0.024 * i
            points.append((w * math.sin(a), -w * math.cos(a), 0.13 + 0.028 * i))
        points += [(0, -0.15, 0.85), (0, -0.28, 0.98)]
    else:
        for i in range(14):
            points.append((0.24 * math.sin(i * 0.95), 0.95 - i * 0.15, 0.13))
        points += [(0, -1.1, 0.25), (0, -1.2, 0.42)]
    for i in range(len(points) - 1):
        if rings and i % 4 == 3:
            b.part("ring")
        else:
            b.again("body")
        taper = 1.0 if i > 2 else 1.15
        wide = r * (0.55, 0.7, 0.85)[i] if i < 3 else r
        b.rod(points[i], points[i + 1], wide, second if rings and i % 4 == 3 else body, taper=taper)
    x, y, z = points[-1]
    b.part("head")
    b.ball((0.16, 0.22, 0.12), (x, y - 0.12, z + 0.03), body)
    eyes(b, (0.1, y - 0.22, z + 0.12), 0.045, d)
    b.part("tongue")
    b.rod((x, y - 0.3, z), (x, y - 0.5, z), 0.035, b.paint("red", "pink"))
    if rings:
        b.has("ring", "rings", 0, second)


@family("butterfly")
def butterfly(d: Dice, b: Build) -> None:
    """Wings spread flat, seen from above."""
    b.noun("butterfly", "moth")
    wing = b.main(("orange", "blue", "yellow", "purple", "pink"), faithful=0.7)
    trunk = b.other(wing, 1.0, ("black", "brown", "grey"))
    second = b.other(wing, 0.5)
    rise = d.real(5, 35)
    lift = math.tan(math.radians(rise))
    with b.pair():
        b.cylinder((0.48, 0.36), 0.045, (0.48, -0.28, 0.1 + 0.48 * lift), wing, turn=(0, -rise, -20))
    with b.pair("wing"):
        b.cylinder((0.36, 0.3), 0.045, (0.38, 0.36, 0.1 + 0.38 * lift), second, turn=(0, -rise, 20))
    b.part("trunk")
    b.rod((0, -0.4, 0.1), (0, 0.5, 0.1), 0.09, trunk, taper=0.7)
    b.ball(0.13, (0, -0.5, 0.12), trunk)
    with b.pair("feeler"):
        b.rod((0.05, -0.58, 0.15), (0.22, -0.92, 0.28), 0.035, trunk)
    if d.chance(0.5):
        spot = b.other(wing, 1.0)
        with b.pair("spot"):
            b.cylinder(0.14, 0.075, (0.55, -0.3, 0.1 + 0.55 * lift), spot, turn=(0, -rise, 0))
        b.has("spot", "spots", 2, spot)
    b.has("wing", "wings", 0, second)
    b.has("body", "bodies", 1, trunk)


@family("spider")
def spider(d: Dice, b: Build) -> None:
    b.noun("spider", "tarantula")
    body = b.main(("black", "brown", "grey"))
    leg = b.other(body, 0.35, ("black", "red", "orange", "brown"))
    size = d.real(0.3, 0.45)
    b.ball((size, size * 1.15, size * 0.9), (0, 0.4, 0.5), body)
    b.part("head")
    b.ball(0.26, (0, -0.12, 0.45), body)
    for i in range(4):
        with b.pair("leg"):
            a = math.radians(-50 + i * 35)
            x, y = math.cos(a), math.sin(a)
            knee = (0.18 + 0.55 * x, -0.1 + 0.55 * y, 0.85)
            b.rod((0.12, -0.1, 0.45), knee, 0.055, leg)
            b.rod(knee, (0.2 + 1.0 * x, -0.1 + 1.0 * y, 0.05), 0.055, leg)
    with b.pair("eye"):
        b.ball(0.06, (0.09, -0.35, 0.53), b.paint("white", "red"))
    b.has("leg", "legs", 8, leg)
    if size > 0.4:
        b.say("fat")
