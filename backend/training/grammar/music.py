"""Musical instruments."""

from __future__ import annotations

from .build import Build
from .dice import Dice
from .register import family


@family("guitar")
def guitar(d: Dice, b: Build) -> None:
    electric = d.chance(0.35)
    b.noun(*(("electric guitar", "guitar") if electric else ("guitar", "acoustic guitar")))
    body = b.main(("brown", "orange", "red", "black"), ("wooden",))
    neck = b.other(body, 0.9, ("brown", "black", "beige"))
    flat = 0.075 if electric else 0.12
    b.cylinder((0.42, 0.36), flat, (0, 0, 0.4), body, turn=(90, 0, 0), round=0.04)
    b.again("body")
    b.cylinder((0.31, 0.27), flat, (0, 0, 0.83), body, turn=(90, 0, 0), round=0.04)
    if electric:
        with b.pair():
            b.rod((0.2, 0, 0.85), (0.3, 0, 1.12), 0.08, body)
        b.part("pickup")
        for z in (0.45, 0.65):
            b.box((0.15, 0.05, 0.045), (0, -flat, z), b.paint("white", "black", "silver"))
    else:
        b.part("hole")
        b.cylinder(0.13, 0.05, (0, -flat + 0.01, 0.66), b.paint("black").shade(0.9), turn=(90, 0, 0))
    b.part("bridge")
    b.box((0.17, 0.05, 0.045), (0, -flat, 0.3), b.paint("black", "brown"))
    high = d.real(0.75, 0.95)
    b.part("neck")
    b.box((0.075, 0.05, high / 2), (0, -flat * 0.6, 0.9 + high / 2), neck)
    b.part("head")
    b.box((0.11, 0.05, 0.15), (0, -flat * 0.4, 1.0 + high), neck, top=1.0)
    with b.pair("peg"):
        for z in (0.93, 1.07):
            b.ball(0.05, (0.15, -flat * 0.4, z + high), b.paint("silver", "golden", "white"))
    b.has("neck", "necks", 1, neck, "long" if high > 0.9 else "")
    if not electric:
        b.has("sound hole", "sound holes", 1)


@family("drum")
def drum(d: Dice, b: Build) -> None:
    b.noun("drum", "snare drum" if (flat := d.chance(0.5)) else "drum")
    body = b.main(("red", "blue", "brown", "green", "golden"), ("wooden", "metal"))
    skin = b.other(body, 1.0, ("white", "beige"))
    rim = b.other(body, 0.9, ("golden", "silver", "white", "yellow", "black"))
    half = 0.28 if flat else d.real(0.5, 0.7)
    b.say("flat" if flat else "tall")
    b.cylinder(0.6, half, (0, 0, half), body)
    for z in (0.05, 2 * half - 0.05):
        b.part("rim")
        b.torus(0.6, 0.06, (0, 0, z), rim)
    b.part("skin")
    b.cylinder(0.57, 0.04, (0, 0, 2 * half), skin)
    b.has("rim", "rims", 2, rim)
    b.has("skin", "skins", 1, skin)
    if d.chance(0.5):
        stick = b.other(body, 1.0, ("beige", "brown", "white"))
        with b.pair("stick"):
            b.rod((0.1, -0.3, 2 * half + 0.08), (0.45, 0.45, 2 * half + 0.16), 0.05, stick)
            b.ball(0.09, (0.08, -0.34, 2 * half + 0.09), stick)
        b.has("drumstick", "drumsticks", 2, stick, parts="stick")
        b.first()


@family("piano")
def piano(d: Dice, b: Build) -> None:
    b.noun("piano", "upright piano")
    body = b.main(("black", "brown", "white", "black"), ("wooden",))
    high = d.real(0.6, 0.75)
    b.box((0.75, 0.16, high), (0, 0.18, high), body)
    b.again("body")
    b.box((0.75, 0.24, 0.09), (0, -0.15, 0.62), body)
    b.box((0.8, 0.2, 0.04), (0, 0.18, 2 * high), body)
    b.part("keys")
    b.box((0.68, 0.15, 0.05), (0, -0.24, 0.7), b.paint("white"))
    black = b.paint("black")
    for i in range(8):
        b.part("black key")
        b.box((0.028, 0.08, 0.05), (-0.58 + 0.166 * i, -0.17, 0.75), black)
    with b.pair("leg"):
        b.box((0.06, 0.06, 0.28), (0.68, -0.31, 0.28), body)
    b.has("white keys")
    b.has("leg", "legs", 2)
    stool = d.chance(0.35)
    if stool:
        hue = b.other(body, 0.6, ("red", "black", "brown"))
        b.part("stool")
        b.box((0.26, 0.16, 0.07), (0, -0.68, 0.42), hue, round=0.04)
        with b.pair():
            for y in (-0.79, -0.57):
                b.pole((0.2, y, 0), (0.2, y, 0.42), 0.05, hue)
        b.has("stool", "stools", 1, hue)
        b.first()
    b.say("tall" if high > 0.7 else "")


@family("trumpet")
def trumpet(d: Dice, b: Build) -> None:
    b.noun("trumpet", "horn", "bugle")
    body = b.main(("golden", "silver", "yellow"), ("golden", "metal"), faithful=0.75)
    long = d.real(0.75, 1.0)
    b.pole((-long, 0, 0.2), (long * 0.55, 0, 0.2), 0.06, body)
    b.again("body")
    b.pole((long * 0.5, 0, 0.2), (long, 0, 0.2), 0.065, body, top=2.2)
    b.pole((long * 0.92, 0, 0.2), (long + 0.16, 0, 0.2), 0.13, body, top=2.4)
    b.torus((0.45, 0.17), 0.05, (0.0, 0.0, 0.04), body, turn=(90, 0, 0))
    b.part("mouthpiece")
    b.pole((-long + 0.03, 0, 0.2), (-long - 0.13, 0, 0.2), 0.055, body, top=1.9)
    for i in range(3):
        b.part("valve")
        b.pole((-0.16 + 0.16 * i, 0, -0.12), (-0.16 + 0.16 * i, 0, 0.42), 0.055, body)
        b.ball((0.07, 0.07, 0.045), (-0.16 + 0.16 * i, 0, 0.45), b.paint("white", "silver"))
    b.has("valve", "valves", 3)
    b.say("long" if long > 0.92 else "short" if long < 0.82 else "")
