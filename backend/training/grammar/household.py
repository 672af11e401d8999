"""Mugs, lamps, bottles: what stands on tables."""

from __future__ import annotations

from .build import Build
from .dice import Dice
from .register import family


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


@family("vase")
def vase(d: Dice, b: Build) -> None:
    b.noun("vase", "vase", "urn")
    body = b.main(("blue", "white", "turquoise", "red"), ("ceramic", "glass", "golden"))
    tall = d.chance(0.5)
    b.say("tall" if tall else "round")
    mouth = d.real(0.22, 0.34)
    if tall:
        r, half = d.real(0.34, 0.42), d.real(0.7, 0.9)
        b.ball((r, r, half), (0, 0, half * 0.95), body)
        top = 2 * half
    else:
        r = d.real(0.55, 0.65)
        b.ball((r, r, r * 0.9), (0, 0, r * 0.86), body)
        top = 1.75 * r
    b.cylinder(r * 0.62, 0.09, (0, 0, 0.09), body)
    b.cylinder(mouth * 0.75, 0.22, (0, 0, top + 0.05), body, top=1.5)
    b.cylinder(mouth * 0.75 - 0.065, 0.3, (0, 0, top + 0.15), body.shade(0.6), top=1.6, cut=True)
    if d.chance(0.35):
        ring = b.other(body, 1.0, ("golden", "white", "red", "blue", "black", "yellow"))
        b.part("ring")
        b.torus(r * 0.99, 0.055, (0, 0, half * 0.95 if tall else 0.86 * r), ring)
        b.has("stripe", "stripes", 1, ring)
    if d.chance(0.35):
        with b.pair("handle"):
            b.torus((0.17, 0.27), 0.055, (r * 0.86, 0, top * 0.72), body, turn=(90, 0, 0))
        b.has("handle", "handles", 2)
    if d.chance(0.4):
        count, petal, stem = d.whole(1, 3), b.paint("red", "yellow", "pink", "white", "purple"), b.paint("green")
        for i in range(count):
            x, y = ((0, 0), (-0.28, 0.05), (0.28, -0.05))[i]
            z = top + 0.7 - 0.12 * abs(i)
            b.part("stem")
            b.rod((0, 0, top - 0.7), (x, y, z), 0.05, stem)
            b.part("flower")
            b.ball((0.18, 0.18, 0.14), (x, y, z), petal)
        b.has("flower", "flowers", count, petal)
        b.first()


@family("bucket")
def bucket(d: Dice, b: Build) -> None:
    b.noun("bucket", "pail")
    body = b.main(("blue", "red", "grey", "yellow"), ("metal", "plastic", "wooden"))
    high = d.real(0.4, 0.6)
    b.cylinder(0.42, high, (0, 0, high), body, top=1.35)
    inside = b.other(body, 0.0)
    b.cylinder(0.35, high, (0, 0, high + 0.09), inside.shade(0.85), top=1.4, cut=True)
    b.part("rim")
    b.torus(0.55, 0.05, (0, 0, 2 * high), body)
    handle = b.other(body, 0.6, ("black", "silver", "white", "grey"))
    b.part("handle")
    up = d.chance(0.6)
    b.torus((0.56, 0.62), 0.05, (0, 0, 2 * high), handle, arc=180, turn=(90, 0, 0) if up else (20, 0, 0))
    b.has("handle", "handles", 1, handle)
    if d.chance(0.35):
        water = b.paint("light blue", "blue", "white", "yellow", "brown")
        b.part("water")
        b.cylinder(0.5, 0.12, (0, 0, 1.5 * high), water)
        b.has("water" if "blue" in water.name else "paint" if water.name == "white" else "sand", paint=water,
              verb="full of")  # fmt: skip


@family("candle")
def candle(d: Dice, b: Build) -> None:
    b.noun("candle")
    body = b.main(("white", "red", "beige", "yellow"))
    thick = d.chance(0.5)
    high, r = (d.real(0.5, 0.7), 0.34) if thick else (d.real(0.8, 1.1), 0.17)
    b.say("thick" if thick else "thin")
    b.cylinder(r, high, (0, 0, high), body, round=0.04)
    b.part("flame")
    flame = b.paint("yellow", "orange")
    b.ball((0.1, 0.1, 0.17), (0, 0, 2 * high + 0.24), flame)
    b.pole((0, 0, 2 * high - 0.05), (0, 0, 2 * high + 0.2), 0.04, b.paint("black"))
    b.has("flame", "flames", 1, flame)
    if d.chance(0.6):
        holder = b.other(body, 1.0, ("golden", "silver", "brown", "black"))
        b.part("holder")
        b.cylinder(0.5, 0.06, (0, 0, 0.0), holder, top=1.1)
        if d.chance(0.6):
            b.torus(0.16, 0.05, (0.62, 0, 0.06), holder)
        b.has("candle holder" if d.chance(0.3) else "holder", "holders", 1, holder)


@family("umbrella")
def umbrella(d: Dice, b: Build) -> None:
    b.noun("umbrella", "umbrella", "parasol")
    body = b.main(("red", "black", "yellow", "blue"))
    handle = b.other(body, 0.8, ("brown", "black", "white", "beige"))
    deep = d.real(0.4, 0.7)
    b.say("flat" if deep < 0.48 else "deep" if deep > 0.62 else "")
    b.dome((1, 1, deep), (0, 0, 1.3), body)
    b.dome((0.93, 0.93, deep - 0.07), (0, 0, 1.28), body.shade(0.75), cut=True)
    b.part("handle")
    b.pole((0, 0, 0.1), (0, 0, 1.3 + deep + 0.1), 0.05, handle)
    if d.chance(0.6):
        b.torus(0.15, 0.055, (0.15, 0, 0.12), handle, arc=180, turn=(-90, 0, 0))
        b.has("handle", "handles", 1, handle, "curved")
    else:
        b.cylinder(0.09, 0.2, (0, 0, 0.15), handle, round=0.03)
        b.has("handle", "handles", 1, handle, "straight")


@family("clock")
def clock(d: Dice, b: Build) -> None:
    alarm = d.chance(0.5)
    b.noun("clock", "alarm clock" if alarm else "wall clock")
    body = b.main(("red", "brown", "black", "golden", "white"), ("wooden", "metal", "golden"))
    face = b.other(body, 1.0, ("white", "beige", "light blue", "yellow"))
    square = d.chance(0.25)
    b.say("square" if square else "round")
    if square:
        b.box((0.7, 0.22, 0.7), (0, 0, 0), body, round=0.06)
    else:
        b.cylinder(0.75, 0.22, (0, 0, 0), body, turn=(90, 0, 0), round=0.04)
    b.part("face")
    b.cylinder(0.6, 0.05, (0, -0.23, 0), face, turn=(90, 0, 0))
    hand = b.paint("black", "red")
    b.part("hand")
    b.beam((0, -0.3, 0), (0, -0.3, 0.45), (0.045, 0.04), hand)
    b.part("hand")
    b.beam((0, -0.3, 0), (0.32, -0.3, 0.08), (0.045, 0.04), hand)
    b.has("face", "faces", 1, face)
    if alarm:
        with b.pair("bell"):
            b.dome((0.25, 0.25, 0.2), (0.38, 0, 0.6), body, turn=(0, 32, 0))
        with b.pair("foot"):
            b.rod((0.35, 0, -0.55), (0.52, 0, -0.85), 0.075, body)
        b.has("bell", "bells", 2)
    b.has("hand", "hands", 2, hand)
