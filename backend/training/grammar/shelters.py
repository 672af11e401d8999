"""Barns, wells, bridges, tents."""

from __future__ import annotations

from .build import Build
from .dice import Dice
from .register import family


@family("barn")
def barn(d: Dice, b: Build) -> None:
    b.noun("barn", "shed", "stable")
    body = b.main(("red", "red", "brown", "dark red"), ("wooden",))
    roof = b.other(body, 1.0, ("grey", "brown", "black", "white", "dark red"))
    trim = b.other(body, 1.0, ("white", "white", "brown", "yellow"))
    wide, long, wall = 0.62, d.real(0.75, 1), d.real(0.35, 0.45)
    b.say("long" if long > 0.92 else "")
    b.box((wide, long, wall), (0, 0, wall), body)
    b.again("body")
    b.gable((wide, long, 0.19), (0, 0, 2 * wall + 0.19), body, top=0.62)
    b.part("roof")
    with b.pair():
        b.beam((wide + 0.06, 0, 2 * wall - 0.04), (0.6 * wide, 0, 2 * wall + 0.4), (long + 0.07, 0.05), roof)
    b.gable((0.68 * wide, long + 0.07, 0.14), (0, 0, 2 * wall + 0.51), roof)
    b.part("door")
    b.box((0.27, 0.07, 0.3), (0, -long, 0.3), trim)
    b.box((0.2, 0.09, 0.23), (0, -long, 0.3), body.shade(0.8))
    b.beam((-0.17, -long - 0.05, 0.1), (0.17, -long - 0.05, 0.5), (0.045, 0.05), trim)
    b.beam((0.17, -long - 0.05, 0.1), (-0.17, -long - 0.05, 0.5), (0.045, 0.05), trim)
    b.part("window")
    b.box((0.11, 0.06, 0.11), (0, -long, 2 * wall + 0.2), trim)
    b.has("roof", "roofs", 1, roof)
    b.has("door", "doors", 1, trim)


@family("well")
def well(d: Dice, b: Build) -> None:
    b.noun("well", "water well", "wishing well")
    body = b.main(("grey", "beige", "brown"), ("stone", "brick"))
    wood = b.other(body, 1.0, ("brown", "beige", "black", "white"))
    roof = b.other(wood, 0.6, ("red", "dark red", "blue", "green", "brown"))
    b.cylinder(0.55, 0.3, (0, 0, 0.3), body)
    b.cylinder(0.42, 0.3, (0, 0, 0.42), b.paint("blue", "light blue"), cut=True)
    with b.pair("post"):
        b.box((0.06, 0.06, 0.45), (0.48, 0, 0.9), wood)
    b.part("roof")
    up = d.real(0.2, 0.36)
    b.gable((0.5, 0.62, up), (0, 0, 1.28 + up), roof, turn=(0, 0, 90))
    b.part("beam")
    b.pole((-0.48, 0, 1.05), (0.48, 0, 1.05), 0.06, wood)
    bucket = d.chance(0.6)
    if bucket:
        b.part("bucket")
        b.pole((0, 0, 0.8), (0, 0, 1.05), 0.04, wood)
        b.cylinder(0.12, 0.12, (0, 0, 0.72), wood, top=1.2)
    b.has("roof", "roofs", 1, roof)
    b.has("post", "posts", 2, wood)
    if bucket:
        b.has("bucket", "buckets", 1)


@family("bridge")
def bridge(d: Dice, b: Build) -> None:
    """Along x, over one, two or three arches."""
    b.noun("bridge", "arch bridge", "bridge")
    body = b.main(("grey", "brown", "red", "beige"), ("stone", "wooden", "metal", "brick"))
    arches = d.whole(1, 3)
    deep = d.real(0.25, 0.36)
    high = 0.36 if arches > 1 else 0.45
    b.box((1.0, deep, high), (0, 0, high), body)
    r = 0.82 / arches
    for i in range(arches):
        x = (2 * i + 1 - arches) * (0.94 / arches)
        b.part("arch")
        b.cylinder((r, min(2 * high - 0.14, 1.5 * r)), deep + 0.1, (x, 0, 0), body.shade(0.85), turn=(90, 0, 0),
                   cut=True)  # fmt: skip
    rail = b.other(body, 0.4)
    b.part("railing")
    for y in (-deep, deep):
        b.box((1.0, 0.05, 0.05), (0, y, 2 * high + 0.22), rail)
        for x in (-0.95, -0.48, 0, 0.48, 0.95):
            b.box((0.05, 0.05, 0.12), (x, y, 2 * high + 0.1), rail)
    b.has("arch", "arches", arches)
    b.has("railing", "railings", 0, rail)
    if deep > 0.32:
        b.say("wide")


@family("tent")
def tent(d: Dice, b: Build) -> None:
    round_one = d.chance(0.4)
    body = b.main(("orange", "green", "blue", "beige", "red"), ("fabric",))
    door = b.other(body, 1.0, ("black", "white", "brown", "yellow", "blue"))
    if round_one:
        b.noun("teepee", "tipi", "tent")
        high = d.real(0.7, 0.9)
        b.cylinder(0.75, high, (0, 0, high), body, top=0.08)
        b.part("pole")
        for x, y in ((-0.16, 0), (0.16, 0), (0, 0.16)):
            b.pole((-0.2 * x, -0.2 * y, 2 * high - 0.2), (x, y, 2 * high + 0.2), 0.045, b.paint("brown"))
        b.part("door")
        b.box((0.24, 0.06, 0.34), (0, -0.64, 0.32), door, top=0.15, turn=(-24, 0, 0))
        b.has("pole", "poles", 0)
    else:
        b.noun("tent", "camping tent")
        wide, long, high = d.real(0.6, 0.75), d.real(0.7, 0.95), d.real(0.4, 0.55)
        b.gable((wide, long, high), (0, 0, high), body)
        b.part("door")
        b.gable((wide * 0.45, 0.07, high * 0.75), (0, -long, high * 0.75), door)
        b.say("long" if long > 0.88 else "")
    b.has("entrance" if d.chance(0.5) else "door", "doors", 1, door)


@family("igloo")
def igloo(d: Dice, b: Build) -> None:
    b.noun("igloo", "snow house")
    body = b.main(("white", "white", "light blue", "silver"), faithful=0.75)
    high = d.real(0.6, 0.8)
    b.dome((0.8, 0.8, high), (0, 0, 0), body)
    b.again("body")
    b.cylinder((0.3, 0.38), 0.3, (0, -0.85, 0.03), body, turn=(90, 0, 0))
    b.box((1, 1.5, 0.3), (0, 0, -0.3), body, cut=True)
    door = b.paint("black", "dark blue")
    b.cylinder((0.2, 0.27), 0.2, (0, -1.12, 0), door, turn=(90, 0, 0), cut=True)
    b.has("entrance", "entrances", 1, door)
    b.say("round")
