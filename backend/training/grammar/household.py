"""Mugs, lamps, bottles: what stands on tables."""

from __future__ import annotations

from .build import Build
from .dice import Dice
from .register import family


@family("mug")
def mug(d: Dice, b: Build) -> None:
    b.noun("mug", "cup", "coffee mug")
    body = b.main(("white", "red", "blue", "yellow", "black"), ("ceramic", "metal"))
    high = d.real(0.45, 0.85)
    flare = d.one(1.0, 1.0, 1.2, 0.85)
    r = 0.5
    if high > 0.7:
        b.say("tall")
    elif high < 0.55:
        b.say("low")
    if flare > 1:
        b.say("flared")
    inside = b.other(body, 0.35, ("white", "black", "brown", "red", "blue", "yellow"))
    b.cylinder(r, high, (0, 0, high), body, top=flare, round=0.05)
    wall = 0.075
    b.cylinder(r - wall, high, (0, 0, high + 0.1), inside, top=(r * flare - wall) / (r - wall), cut=True)
    if inside.name != body.name:
        b.has("inside", count=1, paint=inside)
    mean = r * (1 + flare) / 2
    stripes = d.chance(0.25)
    if stripes:
        band = b.other(body, 1.0)
        b.part("stripe")
        b.cylinder(mean * 0.99 + 0.03, 0.14 * high, (0, 0, high), band)
        b.cylinder(mean - wall, 0.2 * high, (0, 0, high), inside, cut=True)
    side = 1
    if d.chance(0.85):
        b.part("handle")
        handle = b.other(body, 0.25)
        size = d.real(0.24, 0.34)
        b.torus((size * 0.95, size * 1.2 * high / 0.65), 0.07, (side * (mean + 0.02), 0, high), handle,
                turn=(90, 0, 0))  # fmt: skip
        b.cylinder(mean - wall, high - 0.08, (0, 0, high + 0.02), inside, cut=True)
        b.has("handle", "handles", 1, handle)
    else:
        b.lacks("handle")
    if stripes:
        b.has("stripe", "stripes", 1, band)


@family("bottle")
def bottle(d: Dice, b: Build) -> None:
    b.noun("bottle", "flask")
    body = b.main(("green", "brown", "light blue", "blue", "white"), ("glass", "plastic", "metal"))
    high, r = d.real(1.0, 1.7), d.real(0.38, 0.6)
    if high / r > 3.5:
        b.say("thin")
    elif high / r < 2.4:
        b.say("thick")
    neck = d.one(0.25, 0.45, 0.7)
    square = d.chance(0.2)
    if square:
        b.box((r, r, high / 2), (0, 0, high / 2), body, round=0.08)
    else:
        b.cylinder(r, high / 2, (0, 0, high / 2), body, round=0.06)
    shoulder = d.real(0.3, 0.6) * r + 0.1
    mouth = d.real(0.14, 0.18)
    if d.chance(0.5) and not square:
        b.dome((r, r, shoulder * 1.2), (0, 0, high - 0.03), body)
    elif square:
        b.box((r, r, shoulder / 2), (0, 0, high + shoulder / 2 - 0.04), body, top=mouth / r, round=0.02)
    else:
        b.cylinder(r, shoulder / 2, (0, 0, high + shoulder / 2 - 0.03), body, top=mouth / r)
    top = high + shoulder + neck
    b.cylinder(mouth, neck / 2 + 0.05, (0, 0, high + shoulder + neck / 2 - 0.05), body)
    if neck > 0.6:
        b.has("neck", count=1, adjective="long")
    elif neck < 0.3:
        b.has("neck", count=1, adjective="short")
    if d.chance(0.7):
        cap = b.other(body, 0.85, ("red", "white", "black", "golden", "blue", "green", "brown", "yellow"))
        b.part("cap")
        b.cylinder(mouth + 0.06, 0.1, (0, 0, top), cap, round=0.02)
        b.has(d.one("cap", "lid"), "caps", 1, cap)
        b.words.clauses.insert(0, b.words.clauses.pop())
    if d.chance(0.5):
        label = b.other(body, 1.0, ("white", "red", "yellow", "beige", "black", "blue", "orange"))
        b.part("label")
        half = d.real(0.18, 0.28) * high
        if square:
            b.box((r + 0.035, r + 0.035, half), (0, 0, high * 0.48), label, round=0.06)
        else:
            b.cylinder(r + 0.035, half, (0, 0, high * 0.48), label)
        b.has("label", "labels", 1, label)


@family("lamp")
def lamp(d: Dice, b: Build) -> None:
    tall = d.chance(0.4)
    if tall:
        b.noun("lamp", "floor lamp", "lamp")
        b.say("tall")
    else:
        b.noun("lamp", "table lamp", "desk lamp")
    shade = b.main(("white", "beige", "yellow", "red"), faithful=0.4)
    stand = b.other(shade, 0.8, ("black", "brown", "golden", "silver", "white", "grey", "red", "blue"))
    high = d.real(2.0, 2.6) if tall else d.real(0.75, 1.1)
    r = d.real(0.42, 0.55)
    style = d.whole(0, 3)
    half = d.real(0.25, 0.36)
    z = high + 0.5 * half
    if style == 0:
        b.cylinder(r, half, (0, 0, z), shade, top=d.real(0.5, 0.7))
        name = "conical shade"
    elif style == 1:
        b.cylinder(r * 0.9, half, (0, 0, z), shade)
        name = "cylindrical shade"
    elif style == 2:
        b.ball(r * 0.85, (0, 0, high + r * 0.5), shade)
        name = "round shade"
    else:
        b.dome((r, r, half * 1.6), (0, 0, high - 0.1), shade)
        name = "domed shade"
    b.part("stand")
    thick = 0.06 if not tall else 0.075
    feet = d.whole(0, 2) if tall else d.whole(1, 3)
    b.pole((0, 0, 0), (0, 0, high + 0.1), thick, stand)
    if feet == 0:
        for x, y in ((-0.5, 0.3), (0.5, 0.3), (0, -0.58)):
            b.part("leg")
            b.rod((x, y, 0.05), (0, 0, 0.6), 0.065, stand)
        b.has("leg", "legs", 3, stand)
    elif feet == 3:
        b.ball((0.28, 0.28, 0.32), (0, 0, 0.36), stand)
        b.cylinder(0.24, 0.06, (0, 0, 0.06), stand)
        b.has("base", "bases", 1, stand, "round")
    else:
        b.cylinder(0.36, 0.06, (0, 0, 0.06), stand, top=0.8)
        b.has("stand", "stands", 1, stand)
    b.has(name, count=1)
