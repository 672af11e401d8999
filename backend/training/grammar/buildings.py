"""Houses and other things that people build."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family


def window(b: Build, x: float, y: float, z: float, size: float, paint) -> None:
    """A pane on a wall that faces −Y."""
    b.part("window")
    b.box((size, 0.06, size * 1.15), (x, y, z), paint)


@family("house")
def house(d: Dice, b: Build) -> None:
    b.noun("house", "home", "cottage")
    body = b.main(("white", "beige", "yellow", "red", "brown"), ("wooden", "brick", "stone"))
    roof = b.other(body, 0.9, ("red", "brown", "grey", "dark red", "black", "blue", "green", "orange"))
    wide, deep = d.real(0.75, 1.15), d.real(0.6, 0.8)
    floors = d.pick((1, 1, 2))
    wall = 0.42 * floors + d.real(0.05, 0.12)
    b.box((wide, deep, wall), (0, 0, wall), body)
    if floors == 2:
        b.say("tall")
    elif wide > 1:
        b.say("wide")
    else:
        b.say("small")
    steep = d.real(0.28, 0.6)
    flat = d.chance(0.15)
    b.part("roof")
    kind = d.whole(0, 2)
    if flat:
        steep = 0.07
        b.box((wide + 0.1, deep + 0.1, 0.07), (0, 0, 2 * wall + 0.05), roof)
        b.has("roof", "roofs", 1, roof, "flat")
    elif kind == 0:  # ridge towards the viewer
        b.gable((wide + 0.12, deep + 0.1, steep), (0, 0, 2 * wall + steep - 0.02), roof)
        b.has("roof", "roofs", 1, roof, "pointed" if steep > 0.45 else "")
    elif kind == 1:
        b.gable((deep + 0.12, wide + 0.1, steep), (0, 0, 2 * wall + steep - 0.02), roof, turn=(0, 0, 90))
        b.has("roof", "roofs", 1, roof, "pointed" if steep > 0.45 else "")
    else:
        b.box((wide + 0.12, deep + 0.12, steep), (0, 0, 2 * wall + steep - 0.02), roof, top=0.25)
        b.has("roof", "roofs", 1, roof, "hipped")
    door = b.other(body, 1.0, ("brown", "red", "blue", "green", "white", "black", "yellow"))
    b.part("door")
    side = d.one(0.0, 0.0, 0.35) if floors == 1 else 0.0
    b.box((0.16, 0.06, 0.3), (-side * wide, -deep, 0.3), door)
    pane = b.paint("light blue", "white", "dark blue", "yellow")
    spots = [(-0.6, 0), (0.6, 0)] if side == 0 else [(0.2, 0), (0.65, 0)]
    if floors == 2:
        spots += [(-0.6, 1), (0.6, 1)] if d.chance(0.5) else [(-0.6, 1), (0, 1), (0.6, 1)]
    for x, level in spots:
        window(b, x * wide, -deep, 0.52 + 0.85 * level, 0.14, pane)
    chimneys = d.pick((0, 0, 1, 1, 2)) if not flat else 0
    for i in range(chimneys):
        b.part("chimney")
        x = 0.5 * wide * (1 if i == 0 else -1)
        b.box((0.11, 0.11, 0.35), (x, 0.1 * deep, 2 * wall + steep + 0.12), b.paint("dark red", "grey", "brown"))
    if chimneys:
        b.has("chimney", "chimneys", chimneys)
    elif d.chance(0.15):
        b.lacks("chimney")
    b.has("door", "doors", 1, door)
    if d.chance(0.5):
        b.has("window", "windows", len(spots), pane)


def battlements(b: Build, radius: float, z: float, paint, count: int = 6) -> None:
    """Teeth on a round wall's top."""
    for i in range(count):
        a = 2 * math.pi * i / count
        b.part("merlon")
        b.box((0.4 * radius, 0.13 * radius + 0.03, 0.11), (radius * 0.86 * math.sin(a), radius * 0.86 * math.cos(a), z),
              paint, turn=(0, 0, -math.degrees(a)))  # fmt: skip


@family("tower")
def tower(d: Dice, b: Build) -> None:
    b.noun("tower", "tower", "turret")
    body = b.main(("grey", "beige", "brown", "white"), ("stone", "brick", "wooden"))
    roof = b.other(body, 0.9, ("red", "blue", "brown", "dark red", "green", "grey"))
    high, r, square = d.real(0.9, 1.6), 0.45, d.chance(0.35)
    b.say("tall" if high > 1.35 else "low" if high < 1.05 else "")
    b.say("square" if square else "round")
    if square:
        b.box((r, r, high), (0, 0, high), body)
    else:
        b.cylinder(r * 1.1, high, (0, 0, high), body, top=0.9)
    if d.chance(0.55):
        b.part("roof")
        up = d.real(0.35, 0.6)
        if square:
            b.box((r + 0.13, r + 0.13, up), (0, 0, 2 * high + up), roof, top=0.0)
        else:
            b.cylinder(r + 0.13, up, (0, 0, 2 * high + up), roof, top=0.0)
        b.has("roof", "roofs", 1, roof, "pointed")
    else:
        b.again("body")
        if square:
            b.box((r + 0.08, r + 0.08, 0.1), (0, 0, 2 * high), body)
            for x in (-1, 0, 1):
                for y in (-1, 0, 1):
                    if x or y:
                        b.part("merlon")
                        b.box((0.13, 0.13, 0.13), (x * (r - 0.05), y * (r - 0.05), 2 * high + 0.2), body)
        else:
            b.cylinder(r + 0.1, 0.1, (0, 0, 2 * high), body)
            battlements(b, r + 0.1, 2 * high + 0.2, body)
        b.has("battlements")
    door = b.paint("brown", "black", "red")
    b.part("door")
    b.box((0.16, 0.08, 0.28), (0, -r - 0.02, 0.28), door)
    count = d.whole(1, 3)
    for i in range(count):
        window(b, 0, -r * (1 if square else 1.02), 2 * high - 0.3 - i * 0.42, 0.09, b.paint("black", "yellow"))
    b.has("door", "doors", 1, door)
    b.has("window", "windows", count)


@family("castle")
def castle(d: Dice, b: Build) -> None:
    b.noun("castle", "fortress", "castle")
    body = b.main(("grey", "beige", "brown", "white", "pink"), ("stone", "brick"))
    roof = b.other(body, 0.9, ("red", "blue", "purple", "dark red", "green", "brown"))
    pointed = d.chance(0.6)
    high = d.real(0.32, 0.45)
    b.box((0.85, 0.65, high), (0, 0, high), body)
    b.box((0.7, 0.5, high), (0, 0, high + 0.25), body.shade(0.9), cut=True)
    towers = d.pick((2, 4, 4))
    tall = d.real(0.6, 0.8)
    for x, y in ((-1, -1), (1, -1), (-1, 1), (1, 1))[:towers]:
        b.part("tower")
        at = (0.85 * x, 0.65 * y)
        b.cylinder(0.24, tall, (*at, tall), body)
        if pointed:
            b.again("tower")
            b.cylinder(0.31, 0.25, (*at, 2 * tall + 0.25), roof, top=0.0)
        else:
            b.cylinder(0.29, 0.09, (*at, 2 * tall), body)
            b.cylinder(0.2, 0.09, (*at, 2 * tall + 0.08), body.shade(0.9), cut=True)
    keep = d.chance(0.6)
    if keep:
        b.part("keep")
        b.box((0.3, 0.25, 0.75), (0, 0.15, 0.75), body)
        if pointed:
            b.box((0.37, 0.32, 0.25), (0, 0.15, 1.75), roof, top=0.0)
    gate = b.paint("brown", "black", "dark red")
    b.part("gate")
    b.box((0.2, 0.07, 0.24), (0, -0.65, 0.24), gate)
    b.has("tower", "towers", towers)
    if pointed:
        b.has("roof", "roofs", 0, roof, "pointed")
    b.has("gate", "gates", 1, gate)
    if keep:
        b.has("keep", "keeps", 1)


@family("church")
def church(d: Dice, b: Build) -> None:
    b.noun("church", "chapel")
    body = b.main(("white", "beige", "grey", "red"), ("stone", "brick", "wooden"))
    roof = b.other(body, 0.9, ("grey", "red", "brown", "black", "blue", "dark red"))
    long = d.real(0.7, 0.95)
    b.box((0.45, long, 0.42), (0, 0.2, 0.42), body)
    b.again("body")
    b.box((0.27, 0.27, 0.8), (0, -long + 0.05, 0.8), body)
    b.part("roof")
    b.gable((0.54, long + 0.05, 0.28), (0, 0.2, 1.1), roof)
    up = d.real(0.3, 0.55)
    b.part("spire")
    b.box((0.34, 0.34, up), (0, -long + 0.05, 1.58 + up), roof, top=0.0)
    gold = b.paint("golden", "white", "black")
    if d.chance(0.7):
        b.part("cross")
        z = 1.6 + 2 * up
        b.box((0.045, 0.045, 0.2), (0, -long + 0.05, z + 0.08), gold)
        b.box((0.14, 0.045, 0.045), (0, -long + 0.05, z + 0.12), gold)
        b.has("cross", "crosses", 1, gold)
    door = b.paint("brown", "red", "black", "blue")
    b.part("door")
    b.box((0.14, 0.07, 0.26), (0, -long - 0.2, 0.26), door)
    pane = b.paint("light blue", "yellow", "blue")
    with b.pair():
        for y in (-0.2, 0.25, 0.7):
            b.part("window")
            b.box((0.05, 0.09, 0.18), (0.44, y * long + 0.15, 0.48), pane)
    b.has("roof", "roofs", 1, roof)
    b.has("spire", "spires", 1, roof, "tall" if up > 0.45 else "")
    b.has("door", "doors", 1, door)


@family("windmill")
def windmill(d: Dice, b: Build) -> None:
    b.noun("windmill", "mill")
    body = b.main(("white", "brown", "red", "beige"), ("wooden", "stone", "brick"))
    cap = b.other(body, 0.9, ("brown", "red", "grey", "dark blue", "black"))
    sail = b.other(body, 0.8, ("white", "brown", "red", "beige", "yellow"))
    high = d.real(0.6, 0.75)
    b.cylinder(0.48, high, (0, 0, high), body, top=0.65)
    b.part("roof")
    b.dome((0.36, 0.36, 0.36), (0, 0, 2 * high - 0.03), cap)
    z, y = 2 * high + 0.06, -0.48
    b.part("hub")
    b.pole((0, 0, z), (0, y, z), 0.08, cap)
    first = d.one(0, 45)
    for i in range(4):
        a = math.radians(first + 90 * i)
        x, up = math.sin(a), math.cos(a)
        b.part("sail")
        b.beam((0.2 * x, y, z + 0.2 * up), (0.85 * x, y, z + 0.85 * up), (0.13, 0.04), sail)
        b.beam((0, y, z), (0.3 * x, y, z + 0.3 * up), (0.05, 0.05), sail)
    b.part("door")
    b.box((0.13, 0.07, 0.22), (0, -0.46, 0.22), door := b.paint("brown", "blue", "black", "green"))
    b.has("sail", "sails", 4, sail)
    b.has("roof", "roofs", 1, cap)
    b.has("door", "doors", 1, door)


@family("lighthouse")
def lighthouse(d: Dice, b: Build) -> None:
    b.noun("lighthouse")
    body = b.main(("white", "red", "white", "yellow"), ("stone",))
    top = b.other(body, 0.9, ("red", "black", "blue", "green", "dark red"))
    high = d.real(0.8, 1.15)
    stripes = d.pick((0, 1, 2, 3))
    b.say("tall" if high > 1.05 else "")
    b.cylinder(0.4, high, (0, 0, high), body, top=0.62)
    if stripes:
        hue = b.other(body, 1.0, ("red", "blue", "black", "white"))
        for i in range(stripes):
            b.part("stripe")
            t = (i + 0.75) / (stripes + 0.5)
            b.cylinder(0.4 * (1 - 0.38 * t) + 0.03, high * 0.28 / stripes + 0.03, (0, 0, 2 * high * t), hue, top=0.96)
        b.has("stripe", "stripes", stripes, hue)
    b.part("gallery")
    b.cylinder(0.36, 0.05, (0, 0, 2 * high + 0.03), top)
    light = b.paint("yellow", "light blue")
    b.part("light")
    b.cylinder(0.19, 0.17, (0, 0, 2 * high + 0.2), light)
    b.part("roof")
    b.cylinder(0.28, 0.14, (0, 0, 2 * high + 0.48), top, top=0.1)
    b.part("door")
    b.box((0.12, 0.08, 0.2), (0, -0.38, 0.2), top)
    b.has("roof", "roofs", 1, top)
    b.has("light", "lights", 1, light)
