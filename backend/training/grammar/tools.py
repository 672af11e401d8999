"""Hand tools, weapons and keys. They stand upright or lie along x."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family

_GRIPS = ("brown", "brown", "beige", "red", "black", "blue", "yellow")
_BLADES = ("silver", "grey", "black", "golden")


@family("hammer")
def hammer(d: Dice, b: Build) -> None:
    b.noun("hammer", "mallet" if (mallet := d.chance(0.35)) else "claw hammer")
    head = b.main(("grey", "silver", "black", "brown"), ("wooden", "metal") if mallet else ("metal", "steel", "iron"))
    handle = b.other(head, 0.95, _GRIPS)
    high = d.real(1.2, 1.6)
    if mallet:
        b.cylinder(0.22, 0.42, (0, 0, high), head, turn=(0, 90, 0), round=0.04)
    else:
        b.box((0.16, 0.1, 0.12), (0, 0, high), head, round=0.03)
        b.again("body")
        b.pole((0.1, 0, high), (0.4, 0, high), 0.13, head, round=0.03)
        for y in (-0.055, 0.055):
            b.part("claw")
            b.rod((-0.12, y, high + 0.03), (-0.44, y * 1.5, high - 0.1), 0.055, head)
        b.has("claw", "claws", 0)
    b.part("handle")
    b.pole((0, 0, 0), (0, 0, high), 0.075, handle, top=0.85, round=0.03)
    b.pole((0, 0, 0), (0, 0, 0.5), 0.095, handle.shade(0.8), round=0.04)
    b.has("handle", "handles", 1, handle, "long" if high > 1.45 else "short" if high < 1.3 else "")


@family("axe")
def axe(d: Dice, b: Build) -> None:
    double = d.chance(0.35)
    b.noun(*(("battle axe", "double axe", "axe") if double else ("axe", "hatchet")))
    head = b.main(("silver", "grey", "red", "black"), ("metal", "steel", "iron"))
    handle = b.other(head, 0.95, _GRIPS)
    high = d.real(1.3, 1.7)
    b.box((0.12, 0.08, 0.14), (0, 0, high - 0.1), head)
    for s in (1, -1) if double else (1,):
        b.part("blade")
        b.box((0.2, 0.05, 0.16), (s * 0.2, 0, high - 0.1), head)
        b.box((0.11, 0.045, 0.3), (s * 0.4, 0, high - 0.1), head, round=0.02)
    b.part("handle")
    b.pole((0, 0, 0), (0, 0, high + 0.1), 0.075, handle, round=0.03)
    b.has("blade", "blades", 2 if double else 1)
    b.has("handle", "handles", 1, handle, "long" if high > 1.58 else "")


@family("sword")
def sword(d: Dice, b: Build) -> None:
    dagger = d.chance(0.3)
    b.noun(*(("dagger", "knife", "short sword") if dagger else ("sword", "longsword", "sword")))
    blade = b.main(("silver", "grey", "golden", "blue"), ("steel", "metal", "wooden"))
    hilt = b.other(blade, 0.95, ("golden", "brown", "black", "red", "silver"))
    long, wide = (d.real(0.35, 0.45), 0.1) if dagger else (d.real(0.65, 0.85), d.real(0.09, 0.14))
    b.say("wide" if wide > 0.125 else "")
    b.box((wide, 0.045, long), (0, 0, 0.5 + long), blade, top=0.85)
    b.again("body")
    b.gable((0.85 * wide, 0.04, 0.13), (0, 0, 0.62 + 2 * long), blade)
    b.part("guard")
    guard = d.real(0.22, 0.36)
    b.box((guard, 0.075, 0.055), (0, 0, 0.5), hilt, round=0.03)
    b.part("grip")
    grip = b.other(hilt, 0.5, ("brown", "black", "red", "blue"))
    b.pole((0, 0, 0.1), (0, 0, 0.5), 0.07, grip)
    b.part("pommel")
    b.ball(0.1, (0, 0, 0.1), hilt)
    b.has("hilt", "hilts", 1, hilt)
    b.has("crossguard", count=1, paint=hilt, adjective="wide" if guard > 0.31 else "")
    b.has("grip", "grips", 1, grip)


@family("shovel")
def shovel(d: Dice, b: Build) -> None:
    b.noun("shovel", "spade")
    blade = b.main(("grey", "silver", "red", "black"), ("metal", "steel"))
    handle = b.other(blade, 0.95, _GRIPS)
    high = d.real(1.2, 1.6)
    pointed = d.chance(0.5)
    b.box((0.24, 0.05, 0.22), (0, 0, 0.5), blade)
    b.again("body")
    b.gable((0.24, 0.05, 0.14), (0, 0, 0.16), blade, top=0.15 if pointed else 0.75, turn=(180, 0, 0))
    b.part("handle")
    b.pole((0, 0, 0.55), (0, 0, 0.5 + high), 0.06, handle)
    if d.chance(0.6):
        b.rod((-0.15, 0, 0.5 + high), (0.15, 0, 0.5 + high), 0.065, handle)
    b.has("handle", "handles", 1, handle, "long" if high > 1.45 else "short" if high < 1.3 else "")
    b.has("blade", "blades", 1, adjective="pointed" if pointed else "flat")


@family("screwdriver")
def screwdriver(d: Dice, b: Build) -> None:
    b.noun("screwdriver")
    handle = b.main(("red", "yellow", "blue", "green", "black"), ("plastic", "wooden"))
    shaft = b.other(handle, 1.0, ("silver", "grey", "black"))
    long = d.real(0.6, 1.1)
    thick = d.real(0.15, 0.21)
    b.cylinder(thick, 0.4, (0, 0, 1.2 + long - 0.8), handle, round=0.08)
    b.again("body")
    b.cylinder(thick * 1.15, 0.12, (0, 0, 1.2 + long - 0.52), handle, round=0.06)
    b.part("shaft")
    b.pole((0, 0, 0.05), (0, 0, long + 0.1), 0.055, shaft)
    b.part("tip")
    b.box((0.09, 0.045, 0.12), (0, 0, 0.06), shaft)
    b.has("shaft", "shafts", 1, shaft, "long" if long > 0.95 else "short" if long < 0.72 else "")
    b.say("thick" if thick > 0.19 else "")


@family("key")
def key(d: Dice, b: Build) -> None:
    b.noun("key", "old key", "door key")
    body = b.main(("golden", "silver", "grey", "brown"), ("golden", "silver", "metal", "iron"), faithful=0.6)
    long = d.real(0.8, 1.1)
    round_one = d.chance(0.6)
    if round_one:
        b.torus(0.24, 0.075, (-long, 0, 0), body, turn=(90, 0, 0))
    else:
        b.torus(0.16, 0.065, (-long - 0.12, 0, 0), body, turn=(90, 0, 0))
        for z in (0.2, -0.2):
            b.again("body")
            b.torus(0.13, 0.065, (-long + 0.06, 0, z), body, turn=(90, 0, 0))
    b.again("body")
    b.pole((-long + 0.15, 0, 0), (0.55, 0, 0), 0.065, body)
    teeth = d.whole(2, 3)
    for i in range(teeth):
        b.part("tooth")
        b.box((0.06, 0.05, 0.12), (0.5 - 0.19 * i, 0, -0.14), body)
    b.has("tooth", "teeth", teeth)
    b.has("round head" if round_one else "clover head", count=1)
    b.say("long" if long > 1.02 else "")


@family("wrench")
def wrench(d: Dice, b: Build) -> None:
    b.noun("wrench", "spanner")
    body = b.main(("silver", "grey", "red", "black"), ("steel", "metal", "iron"))
    long = d.real(0.7, 1.0)
    b.box((long, 0.06, 0.1), (0, 0, 0), body, round=0.03)
    for s in (1, -1):
        b.again("body")
        b.cylinder(0.24, 0.07, (s * long, 0, 0), body, turn=(90, 0, 0), round=0.02)
    open_ends = d.whole(1, 2)
    for i in range(2):
        s = (1, -1)[i]
        if i < open_ends:
            b.part("open end")
            b.box((0.2, 0.2, 0.11), (s * (long + 0.2), 0, 0), body, cut=True)
        else:
            b.cylinder(0.13, 0.2, (s * long, 0, 0), body, turn=(90, 0, 0), cut=True)
    b.has("open end", "open ends", open_ends)
    b.say("long" if long > 0.9 else "short" if long < 0.78 else "")


@family("saw")
def saw(d: Dice, b: Build) -> None:
    b.noun("saw", "handsaw")
    blade = b.main(("silver", "grey"), ("steel", "metal"), faithful=0.7)
    handle = b.other(blade, 1.0, ("brown", "red", "beige", "orange", "black", "blue"))
    long = d.real(0.7, 0.9)
    b.beam((-long, 0, 0.0), (0.4, 0, 0.06), (0.045, 0.19), blade)
    b.box((1.2, 0.2, 0.3), (-0.4, 0, -0.44), blade, turn=(0, 9, 0), cut=True)
    teeth = 7
    for i in range(teeth):
        b.part("tooth")
        t = i / (teeth - 1)
        b.gable((0.07, 0.045, 0.06), (-long + 0.08 + t * (long + 0.25), 0, -0.03 - 0.155 * t), blade, turn=(180, 0, 0))
    b.part("handle")
    b.torus((0.2, 0.27), 0.085, (0.6, 0, 0.02), handle, turn=(90, 0, 0))
    b.has("handle", "handles", 1, handle)
    b.has("tooth", "teeth", 0)
    b.say("long" if long > 0.83 else "")


@family("brush")
def brush(d: Dice, b: Build) -> None:
    """A broom or a paint brush."""
    broom = d.chance(0.5)
    handle = b.main(("brown", "red", "blue", "beige", "yellow"), ("wooden", "plastic"))
    hair = b.other(handle, 1.0, ("beige", "yellow", "black", "white", "red", "blue", "green"))
    if broom:
        b.noun("broom")
        high = d.real(1.2, 1.6)
        b.pole((0, 0, 0.4), (0, 0, 0.4 + high), 0.055, handle)
        b.part("bristles")
        wide = d.real(0.28, 0.42)
        b.box((wide, 0.12, 0.2), (0, 0, 0.2), hair, top=0.65)
        b.say("wide" if wide > 0.37 else "")
    else:
        b.noun("paint brush", "paintbrush", "brush")
        b.rod((0, 0, 0.9), (0, 0, 1.7), 0.075, handle, taper=0.8)
        b.part("band")
        b.cylinder((0.2, 0.1), 0.14, (0, 0, 0.74), b.paint("silver", "golden"), top=0.7)
        b.part("bristles")
        b.cylinder((0.2, 0.09), 0.3, (0, 0, 0.35), hair, top=1.0)
    b.has("bristles", paint=hair)
    if broom:
        b.has("handle", "handles", 1, adjective="long")
    else:
        b.has("band", "bands", 1)


@family("anchor")
def anchor(d: Dice, b: Build) -> None:
    b.noun("anchor", "ship anchor")
    body = b.main(("black", "grey", "blue", "silver", "golden"), ("iron", "metal"))
    thick = d.real(0.07, 0.12)
    b.pole((0, 0, 0.1), (0, 0, 1.3), thick, body)
    b.again("body")
    b.torus(0.15, thick * 0.75, (0, 0, 1.45), body, turn=(90, 0, 0))
    b.rod((-0.3, 0, 1.12), (0.3, 0, 1.12), thick * 0.8, body)
    b.torus(0.6, thick, (0, 0, 0.7), body, turn=(-90, 0, 0), arc=150)
    with b.pair("fluke"):
        a = math.radians(75)
        x, z = 0.6 * math.sin(a), 0.7 - 0.6 * math.cos(a)
        b.gable((0.17, 0.06, 0.13), (x, 0, z + 0.06), body, turn=(0, 12, 0))
    b.say("thick" if thick > 0.105 else "thin" if thick < 0.08 else "")
    b.has("ring", "rings", 1)
    b.has("fluke", "flukes", 2)
