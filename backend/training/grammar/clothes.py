"""What people wear."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family


@family("hat")
def hat(d: Dice, b: Build) -> None:
    kind = d.pick(("top hat", "cowboy hat", "cap", "wizard hat", "bowler"))
    body = b.main(("black", "brown", "red", "blue", "beige"), ("leather", "fabric"))
    band = b.other(body, 1.0, ("red", "black", "golden", "white", "brown", "yellow"))
    if kind == "cap":
        b.noun("baseball cap", "cap", "hat")
        b.dome((0.55, 0.62, 0.5), (0, 0.1, 0), body)
        peak = b.other(body, 0.5, ("red", "white", "black", "yellow", "blue"))
        b.part("visor")
        b.cylinder((0.48, 0.55), 0.045, (0, -0.5, 0.05), peak)
        b.part("button")
        b.ball(0.07, (0, 0.1, 0.5), peak)
        b.has("visor", "visors", 1, peak)
        return
    if kind == "wizard hat":
        b.noun("wizard hat", "witch hat", "pointed hat")
        high = d.real(0.6, 0.85)
        b.cylinder(0.5, high, (0, 0, high), body, top=0.05)
        b.again("body")
        b.cylinder(0.9, 0.045, (0, 0, 0.04), body)
        b.say("tall" if high > 0.76 else "")
        b.part("band")
        b.cylinder(0.5, 0.09, (0, 0, 0.16), band, top=0.86)
    else:
        half = {"top hat": d.real(0.42, 0.6), "cowboy hat": 0.28, "bowler": 0.2}[kind]
        b.noun(*(("top hat", "cylinder hat") if kind == "top hat" else (kind, "hat")))
        wide = 0.82 if kind != "bowler" else 0.72
        b.cylinder(0.5, half, (0, 0, half), body, top=1.06 if kind == "top hat" else 0.85, round=0.05)
        b.again("body")
        if kind == "bowler":
            b.dome((0.46, 0.46, 0.28), (0, 0, 2 * half - 0.05), body)
        b.cylinder((wide, wide * 0.9), 0.045, (0, 0, 0.04), body)
        if kind == "cowboy hat":
            with b.pair():
                b.ball((0.16, 0.62, 0.06), (0.82, 0, 0.16), body, turn=(0, -50, 0))
            b.ball((0.16, 0.4, 0.14), (0, 0, 2 * half + 0.06), body.shade(0.8), cut=True)
        b.part("band")
        b.cylinder(0.53, 0.08, (0, 0, 0.15), band, top=0.98)
        b.say("tall" if half > 0.53 else "")
    b.has("band", "bands", 1, band)
    b.has("brim", count=1, adjective="wide" if kind in ("cowboy hat", "wizard hat") else "")


@family("boot")
def boot(d: Dice, b: Build) -> None:
    """A boot or a shoe; the toe points to −Y."""
    kind = d.pick(("boot", "shoe", "high heel"))
    body = b.main(("brown", "black", "red", "white", "blue"), ("leather",))
    sole = b.other(body, 0.9, ("black", "white", "brown", "beige"))
    if kind == "high heel":
        b.noun("high heel", "high heeled shoe", "shoe")
        b.rod((0, -0.5, 0.13), (0, -0.1, 0.25), 0.15, body)
        b.again("body")
        b.rod((0, -0.1, 0.25), (0, 0.45, 0.68), 0.14, body)
        b.ball((0.17, 0.2, 0.2), (0, 0.5, 0.78), body)
        b.ball((0.1, 0.35, 0.16), (0, 0.3, 0.95), body.shade(0.7), cut=True)
        b.part("heel")
        b.pole((0, 0.6, 0), (0, 0.56, 0.65), 0.055, sole, top=1.6)
        b.has("heel", "heels", 1, sole, "high")
        return
    high = d.real(0.7, 1.05) if kind == "boot" else 0.32
    b.noun(*(("boot",) if kind == "boot" else ("shoe", "sneaker")))
    b.rod((0, -0.5, 0.28), (0, 0.2, 0.28), 0.21, body)
    b.again("body")
    b.box((0.2, 0.4, 0.1), (0, -0.2, 0.16), body, round=0.06)
    b.cylinder((0.22, 0.27), high / 2, (0, 0.2, 0.28 + high / 2), body, top=1.05, round=0.04)
    b.cylinder((0.14, 0.19), 0.2, (0, 0.2, 0.28 + high), body.shade(0.5), cut=True)
    b.part("sole")
    b.box((0.23, 0.62, 0.055), (0, -0.12, 0.06), sole, round=0.04)
    b.box((0.2, 0.16, 0.08), (0, 0.32, 0.03), sole, round=0.02)
    b.has("sole", "soles", 1, sole)
    if kind == "boot":
        b.say("tall" if high > 0.92 else "short" if high < 0.8 else "")
        if d.chance(0.4):
            buckle = b.other(body, 1.0, ("golden", "silver"))
            b.part("buckle")
            b.box((0.09, 0.06, 0.09), (0, -0.1, 0.28 + 0.5 * high), buckle)
            b.has("buckle", "buckles", 1, buckle)
    else:
        lace = b.other(body, 1.0, ("white", "black", "yellow"))
        for i in range(3):
            b.part("lace")
            b.rod((-0.13, -0.32 + 0.13 * i, 0.46), (0.13, -0.32 + 0.13 * i, 0.46), 0.04, lace)
        b.has("lace", "laces", 0, lace)


@family("crown")
def crown(d: Dice, b: Build) -> None:
    b.noun("crown", "royal crown", "king's crown")
    body = b.main(("golden", "golden", "silver"), ("golden", "silver"), faithful=0.7)
    gem = b.other(body, 1.0, ("red", "blue", "green", "purple", "white"))
    points = d.whole(5, 8)
    high = d.real(0.22, 0.34)
    b.cylinder(0.62, high, (0, 0, high), body, top=1.12)
    b.cylinder(0.52, high + 0.1, (0, 0, high + 0.02), body.shade(0.8), top=1.13, cut=True)
    for i in range(points):
        a = 2 * math.pi * i / points
        x, y = math.sin(a), -math.cos(a)
        b.part("point")
        b.gable((0.19, 0.05, 0.19), (0.64 * x, 0.64 * y, 2 * high + 0.15), body, turn=(0, 0, math.degrees(a)))
        b.ball(0.08, (0.65 * x, 0.65 * y, 2 * high + 0.34), gem)
        b.part("gem")
        b.ball(0.1, (0.66 * x, 0.66 * y, high), gem)
    b.has("point", "points", points)
    stone = d.one("gem", "jewel")
    b.has(stone, f"{stone}s", 0, gem)
    b.say("tall" if high > 0.3 else "low" if high < 0.25 else "")


@family("glasses")
def glasses(d: Dice, b: Build) -> None:
    sun = d.chance(0.5)
    b.noun(*(("sunglasses", "glasses", "shades") if sun else ("glasses", "eyeglasses", "spectacles")))
    frame = b.main(("black", "brown", "red", "golden"), ("metal", "plastic"))
    lens = b.other(frame, 1.0, ("black", "dark blue", "brown", "green") if sun else ("light blue", "white"))
    square = d.chance(0.45)
    with b.pair():
        if square:
            b.box((0.3, 0.05, 0.21), (0.37, 0, 0), frame, round=0.04)
            b.part("lens")
            b.box((0.24, 0.065, 0.15), (0.37, 0, 0), lens)
        else:
            b.torus(0.25, 0.055, (0.37, 0, 0), frame, turn=(90, 0, 0))
            b.part("lens")
            b.cylinder(0.25, 0.04, (0.37, 0, 0), lens, turn=(90, 0, 0))
    b.part("bridge")
    b.rod((-0.12, 0, 0.08), (0.12, 0, 0.08), 0.05, frame)
    with b.pair("temple"):
        b.rod((0.66, 0, 0.08), (0.68, 0.75, 0.08), 0.045, frame)
        b.rod((0.68, 0.75, 0.08), (0.68, 0.95, -0.12), 0.045, frame)
    b.has("lens", "lenses", 2, lens, "square" if square else "round")


@family("shirt")
def shirt(d: Dice, b: Build) -> None:
    """A T-shirt or a pullover, as if worn."""
    long = d.chance(0.4)
    b.noun(*(("sweater", "pullover", "jumper") if long else ("t-shirt", "shirt", "tee")))
    body = b.main(("red", "blue", "white", "black", "green"), ("fabric",))
    wide = d.real(0.38, 0.5)
    b.box((wide, 0.2, 0.6), (0, 0, 0.6), body, round=0.16)
    sleeve = b.other(body, 0.25)
    with b.pair("sleeve"):
        end = (wide + 0.5, 0, 0.45) if long else (wide + 0.28, 0, 0.85)
        b.pole((wide - 0.15, 0, 1.08), end, 0.17, sleeve, top=0.9, round=0.04)
    b.cylinder((0.2, 0.15), 0.2, (0, -0.02, 1.25), body.shade(0.6), cut=True)
    b.again("body")
    b.torus((0.21, 0.16), 0.05, (0, -0.01, 1.14), sleeve)
    stripes = d.pick((0, 0, 1, 2, 3))
    if stripes:
        hue = b.other(body, 1.0)
        for i in range(stripes):
            b.part("stripe")
            b.box((wide + 0.02, 0.22, 0.055), (0, 0, 0.3 + 0.24 * i), hue, round=0.04)
        b.has("stripe", "stripes", stripes, hue)
    b.has("sleeve", "sleeves", 2, sleeve, "long" if long else "short")
    b.say("wide" if wide > 0.46 else "thin" if wide < 0.41 else "")
