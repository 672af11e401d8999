"""Fruit and vegetables."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family


@family("apple")
def apple(d: Dice, b: Build) -> None:
    b.noun("apple")
    body = b.main(("red", "green", "yellow", "light green"), faithful=0.65)
    tall = d.real(0.8, 1.0)
    b.say("flat" if tall < 0.85 else "")
    with b.pair():  # two lobes make the shoulders
        b.ball((0.5, 0.58, 0.56 * tall), (0.09, 0, 0.55 * tall), body)
    b.again("body")
    b.cylinder(0.22, 0.2, (0, 0, 1.12 * tall + 0.12), body.shade(0.75), top=1.8, cut=True)
    b.part("stem")
    b.rod((0, 0, 0.9 * tall), (0.07, 0, 1.3 * tall), 0.05, stem := b.other(body, 1.0, ("brown", "brown", "black")))
    b.has("stem", "stems", 1, stem)
    if d.chance(0.6):
        leaf = b.other(body, 1.0, ("green", "dark green", "light green"))
        b.part("leaf")
        b.ball((0.24, 0.11, 0.045), (0.27, 0, 1.3 * tall), leaf, turn=(0, -25, 0))
        b.has("leaf", "leaves", 1, leaf)
    else:
        b.lacks("leaf")


@family("pear")
def pear(d: Dice, b: Build) -> None:
    b.noun("pear")
    body = b.main(("green", "yellow", "light green"), faithful=0.65)
    high = d.real(0.55, 0.85)
    b.say("tall" if high > 0.75 else "fat" if high < 0.62 else "")
    b.rod((0, 0, 0.5), (0, 0, 0.5 + high), 0.5, body, taper=0.52)
    b.part("stem")
    b.rod((0, 0, 0.7 + high), (0.08, 0, 1.0 + high), 0.05, stem := b.other(body, 1.0, ("brown", "black")))
    b.has("stem", "stems", 1, stem)
    if d.chance(0.5):
        leaf = b.other(body, 1.0, ("green", "dark green"))
        b.part("leaf")
        b.ball((0.22, 0.1, 0.045), (0.26, 0, 0.95 + high), leaf, turn=(0, -20, 0))
        b.has("leaf", "leaves", 1, leaf)


@family("fruit")
def fruit(d: Dice, b: Build) -> None:
    """Oranges, lemons, cherries and strawberries."""
    kind = d.whole(0, 3)
    if kind == 0:
        b.noun("orange" if d.chance(0.5) else "tangerine", "fruit")
        body = b.main(("orange",), faithful=0.85)
        b.ball((0.6, 0.6, 0.56), (0, 0, 0), body)
        b.part("stem")
        b.cylinder(0.08, 0.05, (0, 0, 0.57), b.paint("green", "dark green"))
        b.say("round")
    elif kind == 1:
        b.noun("lemon")
        body = b.main(("yellow",), faithful=0.85)
        long = d.real(0.62, 0.75)
        b.ball((long, 0.48, 0.48), (0, 0, 0), body)
        with b.pair():
            b.rod((long - 0.2, 0, 0), (long + 0.08, 0, 0), 0.2, body, taper=0.5)
    elif kind == 2:
        b.noun("cherries", "pair of cherries", "cherry")
        body = b.main(("red", "dark red"), faithful=0.75)
        stem = b.paint("green", "brown", "dark green")
        with b.pair():
            b.part("body")
            b.ball(0.34, (0.4, 0, 0.34), body)
        with b.pair("stem"):
            b.rod((0.38, 0, 0.62), (0, 0, 1.35), 0.045, stem)
        b.has("stem", "stems", 2, stem)
        if d.chance(0.6):
            leaf = b.paint("green", "light green")
            b.part("leaf")
            b.ball((0.24, 0.12, 0.045), (0.22, 0, 1.36), leaf, turn=(0, -15, 0))
            b.has("leaf", "leaves", 1, leaf)
    else:
        b.noun("strawberry")
        body = b.main(("red",), faithful=0.8)
        b.rod((0, 0, 0.25), (0, 0, 0.8), 0.2, body, taper=2.3)
        leaf = b.paint("green", "dark green", "light green")
        for i in range(6):
            a = math.radians(60 * i)
            b.part("leaf")
            b.ball((0.24, 0.1, 0.05), (0.2 * math.cos(a), 0.2 * math.sin(a), 1.22), leaf, turn=(0, 15, 60 * i))
        seed = b.paint("yellow", "white")
        for i in range(9):
            a, z = 2.4 * i, 0.25 + 0.75 * i / 9
            r = 0.2 + 0.26 * (z - 0.1) / 0.8
            b.part("seed")
            b.ball(0.05, (r * math.cos(a), r * math.sin(a), z), seed)
        b.has("leaf", "leaves", 0, leaf)
        b.has("seed", "seeds", 0, seed)


@family("banana")
def banana(d: Dice, b: Build) -> None:
    b.noun("banana")
    body = b.main(("yellow", "yellow", "green"), faithful=0.75)
    count = d.pick((1, 1, 2, 3))
    if count > 1:
        b.words.nouns = ("bananas",)
        b.say(("two", "three")[count - 2])
    bend = d.real(0.8, 1.15)
    tip = b.paint("brown", "black")
    for k in range(count):
        b.part("body")
        y = 0.24 * (k - (count - 1) / 2)
        angles = [(-0.5 + i / 5) * 2 * bend for i in range(6)]
        points = [(math.sin(a), y, 1 - math.cos(a)) for a in angles]
        radii = (0.09, 0.15, 0.18, 0.18, 0.15, 0.09)
        for i in range(5):
            b.rod(points[i], points[i + 1], radii[i], body, taper=radii[i + 1] / radii[i])
        b.part("tip")
        x, z = math.sin(bend * 1.08), 1 - math.cos(bend * 1.08)
        b.ball(0.075, (-x, y, z), tip)
        b.rod((math.sin(bend), y, 1 - math.cos(bend)), (math.sin(bend * 1.2), y, 1 - math.cos(bend * 1.2)), 0.065, tip)
    b.say("curved" if bend > 1.05 else "")


@family("carrot")
def carrot(d: Dice, b: Build) -> None:
    b.noun("carrot")
    body = b.main(("orange", "orange", "purple"), faithful=0.75)
    high = d.real(0.8, 1.5)
    b.say("long" if high > 1.25 else "short" if high < 1.0 else "")
    b.rod((0, 0, 0.1), (0, 0, high), 0.07, body, taper=3.2)
    leaf = b.other(body, 1.0, ("green", "dark green", "light green"))
    count = d.whole(3, 5)
    for i in range(count):
        a = 2 * math.pi * i / count
        b.part("leaf")
        x, y = 0.2 * math.sin(a), 0.2 * math.cos(a)
        b.rod((0, 0, high + 0.1), (x, y, high + 0.7), 0.055, leaf, taper=1.4)
    b.has("leaf", "leaves", count, leaf)


@family("pumpkin")
def pumpkin(d: Dice, b: Build) -> None:
    face = d.chance(0.45)
    b.noun(*(("jack-o-lantern", "halloween pumpkin", "pumpkin") if face else ("pumpkin",)))
    body = b.main(("orange", "orange", "white", "green"), faithful=0.7)
    squash = d.real(0.55, 0.85)
    b.say("flat" if squash < 0.63 else "tall" if squash > 0.8 else "")
    for i in range(8):
        a = 2 * math.pi * (i + 0.5) / 8
        b.again("body")
        b.ball((0.42, 0.3, 0.62 * squash + 0.05), (0.32 * math.sin(a), -0.32 * math.cos(a), 0.6 * squash), body,
               turn=(0, 0, math.degrees(a) - 90))  # fmt: skip
    b.part("stem")
    stem = b.other(body, 1.0, ("brown", "green", "dark green"))
    b.pole((0, 0, 1.1 * squash), (0.06, 0, 1.1 * squash + 0.32), 0.11, stem, top=0.7)
    if face:
        glow = b.other(body, 1.0, ("black", "yellow", "black"))
        with b.pair("eye"):
            b.gable((0.13, 0.1, 0.11), (0.24, -0.66, 0.78 * squash + 0.06), glow)
        b.part("mouth")
        b.box((0.28, 0.1, 0.07), (0, -0.68, 0.4 * squash), glow)
        b.has("face", "faces", 1, glow)
    b.has("stem", "stems", 1, stem)
