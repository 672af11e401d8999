"""Trees, flowers and mushrooms."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family

_LEAVES = ("green", "green", "dark green", "light green")


@family("tree")
def tree(d: Dice, b: Build) -> None:
    b.noun("tree", "tree", "leafy tree")
    body = b.main((*_LEAVES, "orange", "red"), faithful=0.65)
    bark = b.other(body, 1.0, ("brown", "brown", "grey", "beige", "black"))
    high, r = d.real(0.5, 1.1), d.real(0.5, 0.65)
    b.say("tall" if high > 0.9 else "short" if high < 0.65 else "")
    crown = d.whole(0, 2)
    top = high + r * 0.8
    if crown == 0:
        b.ball((r, r, r * d.real(0.85, 1.2)), (0, 0, top), body)
        b.say("round")
    elif crown == 1:
        b.ball(r * 0.8, (0, 0, top + 0.1), body)
        for i in range(5):
            a = 2 * math.pi * i / 5 + 0.3
            b.again("body")
            b.ball(r * 0.52, (0.6 * r * math.sin(a), 0.6 * r * math.cos(a), top - 0.12 + 0.12 * (i % 2)), body)
    else:
        b.ball((r * 0.7, r * 0.7, r * 1.35), (0, 0, top + 0.25), body)
        b.say("thin")
    b.part("trunk")
    thick = d.real(0.08, 0.17)
    b.pole((0, 0, 0), (0, 0, top), thick * 1.2, bark, top=0.75)
    b.has("trunk", "trunks", 1, bark, "thick" if thick > 0.145 else "thin" if thick < 0.1 else "")
    fruit = d.chance(0.3)
    if fruit and crown < 2:
        hue = b.other(body, 1.0, ("red", "orange", "yellow", "pink", "white"))
        for i in range(8):
            a, t = 2.4 * i, 0.5 * math.cos(1.3 * i)
            s = math.sqrt(1 - t * t)
            b.part("fruit")
            b.ball(0.1, (r * s * math.sin(a), r * s * math.cos(a), top + t * r), hue)
        name = {"red": "apple", "orange": "orange", "yellow": "lemon"}.get(hue.name, "blossom")
        b.has(name, f"{name}s", 0, hue if name not in ("orange",) else None)
        b.first()


@family("fir")
def fir(d: Dice, b: Build) -> None:
    christmas = d.chance(0.35)
    b.noun(*(("christmas tree", "decorated fir tree") if christmas else ("fir tree", "pine tree", "conifer")))
    body = b.main(("green", "dark green"), faithful=0.7)
    bark = b.other(body, 1.0, ("brown", "brown", "grey", "black"))
    layers = d.whole(2, 4)
    wide = d.real(0.5, 0.75)
    b.say("wide" if wide > 0.68 else "thin" if wide < 0.56 else "")
    z = 0.35
    step = 1.5 / layers
    for i in range(layers):
        b.part("body")
        r = wide * (1 - 0.75 * i / layers)
        half = step * 0.72
        b.cylinder(r, half, (0, 0, z + half), body, top=0.0 if i == layers - 1 else 0.3)
        top = z + 2 * half
        z += step
    b.part("trunk")
    b.cylinder(0.12, 0.25, (0, 0, 0.25), bark)
    if christmas:
        star = b.paint("golden", "yellow", "red", "silver")
        b.part("star")
        b.ball((0.13, 0.06, 0.13), (0, 0, top), star)
        b.box((0.19, 0.04, 0.045), (0, 0, top), star, turn=(0, 45, 0))
        b.box((0.19, 0.04, 0.045), (0, 0, top), star, turn=(0, -45, 0))
        hue = b.other(body, 1.0, ("red", "golden", "blue", "white", "pink", "silver"))
        for i in range(10):
            a, t = 2.4 * i, (i + 0.5) / 10
            r = wide * (1 - 0.9 * t)
            b.part("ball")
            b.ball(0.09, (r * math.sin(a), r * math.cos(a), 0.42 + 1.45 * t), hue)
        b.has("ball", "balls", 0, hue)
        b.has("star", "stars", 1, star)
    else:
        b.has("layer", "layers", layers, parts="body")
        b.has("trunk", "trunks", 1, bark)


@family("palm")
def palm(d: Dice, b: Build) -> None:
    b.noun("palm tree", "palm", "coconut palm")
    body = b.main(("green", "green", "light green", "dark green"), faithful=0.65)
    bark = b.other(body, 1.0, ("brown", "beige", "brown", "grey"))
    high, lean = d.real(1.0, 1.4), d.real(0, 0.4)
    leaves = d.whole(5, 7)
    for i in range(leaves):
        a = 2 * math.pi * i / leaves
        x, y = math.sin(a), math.cos(a)
        b.part("body")
        top = (lean, 0, high)
        mid = (lean + 0.42 * x, 0.42 * y, high + 0.16)
        b.beam(top, mid, (0.1, 0.035), body)
        b.beam(mid, (lean + 0.75 * x, 0.75 * y, high - 0.18), (0.085, 0.035), body)
    b.part("trunk")
    b.rod((0, 0, 0.06), (lean * 0.35, 0, high * 0.55), 0.1, bark, taper=0.85)
    b.rod((lean * 0.35, 0, high * 0.55), (lean, 0, high), 0.085, bark, taper=0.9)
    if d.chance(0.5):
        nut = b.paint("brown", "orange", "yellow")
        for i in range(3):
            b.part("coconut")
            a = 2.1 * i
            b.ball(0.11, (lean + 0.13 * math.sin(a), 0.13 * math.cos(a), high - 0.12), nut)
        b.has("coconut", "coconuts", 3, nut)
    b.has("leaf", "leaves", leaves, parts="body")
    b.has("trunk", "trunks", 1, bark)
    b.say("bent" if lean > 0.25 else "straight" if lean < 0.08 else "")
    b.say("tall" if high > 1.3 else "")


@family("cactus")
def cactus(d: Dice, b: Build) -> None:
    b.noun("cactus", "cactus plant")
    body = b.main(("green", "dark green", "light green"), faithful=0.65)
    high, r = d.real(0.8, 1.2), d.real(0.15, 0.22)
    b.rod((0, 0, 0.1), (0, 0, high), r, body)
    arms = d.whole(0, 3)
    for i in range(arms):
        side = (1, -1, 0)[i]
        b.part("arm")
        z = high * (0.5, 0.36, 0.62)[i]
        x, y = (side * 0.45, 0.0) if side else (0.0, -0.45)
        b.rod((0, 0, z), (x, y, z), 0.65 * r, body)
        b.rod((x, y, z), (x, y, z + 0.3), 0.65 * r, body)
    if arms:
        b.has("arm", "arms", arms)
    else:
        b.lacks("arms")
    b.say("thick" if r > 0.2 else "")
    if d.chance(0.55):
        pot = b.other(body, 1.0, ("orange", "brown", "white", "red", "blue"))
        b.part("pot")
        b.cylinder(0.26, 0.2, (0, 0, 0.0), pot, top=1.35)
        b.has("pot", "pots", 1, pot, verb="in" if d.chance(0.5) else "with")
    if d.chance(0.35):
        flower = b.other(body, 1.0, ("pink", "red", "yellow", "white"))
        b.part("flower")
        b.ball((0.13, 0.13, 0.1), (0, 0, high + r), flower)
        b.has("flower", "flowers", 1, flower)


@family("flower")
def flower(d: Dice, b: Build) -> None:
    kind = d.whole(0, 2)
    body = b.main(("red", "yellow", "pink", "white", "purple", "orange"), faithful=0.65)
    stem = b.other(body, 1.0, ("green", "green", "dark green", "light green"))
    high = d.real(0.9, 1.3)
    b.say("tall" if high > 1.2 else "")
    if kind == 0:
        b.noun("flower", "daisy", "flower")
        heart = b.other(body, 1.0, ("yellow", "brown", "white", "orange"))
        petals = d.whole(5, 8)
        for i in range(petals):
            a = 360 * i / petals
            x, z = math.sin(math.radians(a)), math.cos(math.radians(a))
            b.part("body")
            b.ball((0.5 / petals + 0.06, 0.06, 0.24), (0.3 * x, -0.1, high + 0.3 * z), body, turn=(0, a, 0))
        b.part("heart")
        b.ball((0.17, 0.09, 0.17), (0, -0.13, high), heart)
        b.has("petal", "petals", petals, parts="body")
        b.has("centre", count=1, paint=heart)
    elif kind == 1:
        b.noun("tulip", "flower")
        b.ball((0.22, 0.22, 0.3), (0, 0, high), body)
        for i in range(3):
            a = 2 * math.pi * i / 3 + math.pi / 3
            b.again("body")
            b.cylinder(0.13, 0.22, (0.11 * math.sin(a), 0.11 * math.cos(a), high + 0.16), body, top=0.1)
    else:
        b.noun("rose", "flower")
        b.ball((0.27, 0.27, 0.2), (0, 0, high), body)
        b.again("body")
        b.torus(0.19, 0.075, (0, 0, high + 0.1), body.shade(0.85))
        b.ball(0.12, (0, 0, high + 0.15), body.shade(1.15))
    b.part("stem")
    b.rod((0, 0, 0.05), (0, 0, high), 0.05, stem)
    leaves = d.whole(0, 2)
    for i in range(leaves):
        s = (1, -1)[i]
        b.part("leaf")
        b.ball((0.25, 0.1, 0.045), (s * 0.23, 0, 0.42 + 0.14 * i), stem, turn=(0, -30 * s, 0))
    if leaves:
        b.has("leaf", "leaves", leaves, stem)
    else:
        b.lacks("leaves")
    b.has("stem", "stems", 1, stem)


@family("mushroom")
def mushroom(d: Dice, b: Build) -> None:
    b.noun("mushroom", "toadstool" if (dotted := d.chance(0.5)) else "mushroom")
    body = b.main(("red", "brown", "beige", "orange"))
    stem = b.other(body, 1.0, ("white", "beige", "light green", "brown"))
    high, r, up = d.real(0.45, 0.9), d.real(0.5, 0.65), d.real(0.3, 0.55)
    b.dome((r, r, up), (0, 0, high), body)
    b.part("stem")
    thick = d.real(0.13, 0.22)
    b.pole((0, 0, 0), (0, 0, high + 0.1), thick * 1.15, stem, top=0.8)
    b.has("stem", "stems", 1, stem, "thick" if thick > 0.19 else "thin" if thick < 0.155 else "")
    if dotted:
        hue = b.other(body, 1.0, ("white", "yellow", "beige", "pink"))
        places = [(0.0, 0.0, 1.0)]
        places += [(0.75 * math.sin(a), 0.75 * math.cos(a), 0.66) for a in (0.5, 1.9, 3.4, 4.6, 5.8)]
        for x, y, z in places:
            b.part("dot")
            b.ball((0.1, 0.1, 0.07), (r * x, r * y, high + up * z), hue)
        dot = d.one("dot", "spot")
        b.has(dot, f"{dot}s", 0, hue)
        b.first()
    b.say("tall" if high > 0.78 else "short" if high < 0.55 else "")


@family("plant")
def plant(d: Dice, b: Build) -> None:
    """A houseplant: the pot is told, but the green is what it is."""
    b.noun("potted plant", "plant in a pot", "houseplant", "plant")
    body = b.main(_LEAVES, faithful=0.7)
    pot = b.other(body, 1.0, ("orange", "brown", "white", "red", "blue", "grey", "yellow"))
    leaves = d.whole(5, 8)
    rise = d.real(0.55, 0.95)
    for i in range(leaves):
        a = 2 * math.pi * i / leaves
        x, y = math.sin(a), math.cos(a)
        wide = 0.3 if i % 2 else 0.48
        tip = (wide * x, wide * y, 0.5 + rise * (1.0 if i % 2 else 0.7))
        b.part("body")
        b.rod((0, 0, 0.45), (0.5 * tip[0], 0.5 * tip[1], 0.3 + 0.5 * tip[2]), 0.05, body)
        b.ball((0.13, 0.045, 0.3), [0.75 * c + e for c, e in zip(tip, (0, 0, 0.22), strict=True)], body,
               turn=(math.degrees(-y * 0.6), math.degrees(x * 0.6), 0))  # fmt: skip
    b.ball((0.2, 0.2, 0.25), (0, 0, 0.55), body)
    b.part("pot")
    b.cylinder(0.27, 0.26, (0, 0, 0.26), pot, top=1.3)
    b.torus(0.35, 0.055, (0, 0, 0.5), pot)
    b.has("pot", "pots", 1, pot)
    b.has("leaf", "leaves", leaves, parts="body")
    b.say("tall" if rise > 0.85 else "low" if rise < 0.65 else "")
