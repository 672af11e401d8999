"""Dogs, cats and rabbits."""

from __future__ import annotations

from .animals import eyes, torso
from .build import Build
from .dice import Dice
from .register import family


@family("dog")
def dog(d: Dice, b: Build) -> None:
    b.noun("dog", "puppy", "hound")
    body = b.main(("brown", "black", "white", "beige", "golden"))
    long, girth, leg = d.real(0.55, 0.85), d.real(0.21, 0.27), d.real(0.2, 0.5)
    b.say("long" if long > 0.76 else "")
    z = torso(b, body, long, girth, leg, 0.085)
    b.has("leg", "legs", 4, adjective="long" if leg > 0.4 else "short" if leg < 0.28 else "")
    y = -long + 0.05
    b.part("head")
    b.rod((0, y + 0.15, z + 0.05), (0, y - 0.12, z + 0.38), 0.16, body)
    b.ball((0.22, 0.25, 0.22), (0, y - 0.16, z + 0.44), body)
    b.rod((0, y - 0.28, z + 0.38), (0, y - 0.48, z + 0.36), 0.12, body, taper=0.85)
    b.part("nose")
    b.ball(0.06, (0, y - 0.6, z + 0.4), b.paint("black"))
    eyes(b, (0.1, y - 0.36, z + 0.53), 0.045, d)
    ear = b.other(body, 0.4, ("brown", "black", "white", "beige"))
    pointed = d.chance(0.45)
    with b.pair("ear"):
        if pointed:
            b.cylinder((0.09, 0.06), 0.13, (0.13, y - 0.1, z + 0.7), ear, top=0.1)
        else:
            b.ball((0.06, 0.1, 0.19), (0.23, y - 0.1, z + 0.4), ear, turn=(0, -12, 0))
    b.has("ear", "ears", 0, ear, "pointed" if pointed else "floppy")
    b.part("tail")
    up = d.chance(0.6)
    b.rod((0, long - 0.1, z + 0.1), (0, long + 0.22, z + (0.45 if up else -0.15)), 0.075, body, taper=0.7)
    if d.chance(0.35):
        collar = b.other(body, 1.0, ("red", "blue", "green", "yellow"))
        b.part("collar")
        b.torus(0.17, 0.05, (0, y - 0.01, z + 0.22), collar, turn=(38, 0, 0))
        b.has("collar", "collars", 1, collar)


@family("cat")
def cat(d: Dice, b: Build) -> None:
    b.noun("cat", "kitten", "kitty")
    body = b.main(("grey", "orange", "black", "white", "beige"))
    if d.chance(0.4):
        b.say("sitting")
        b.rod((0, 0.12, 0.3), (0, -0.05, 0.7), 0.3, body, taper=0.65)
        with b.pair():
            b.part("leg")
            b.rod((0.12, -0.18, 0.6), (0.12, -0.32, 0.08), 0.09, body, taper=0.85)
            b.part("leg")
            b.ball((0.13, 0.26, 0.14), (0.26, 0.0, 0.14), body)
        top, y = 0.98, -0.12
        b.part("tail")
        b.rod((0, 0.35, 0.1), (0.35, 0.42, 0.1), 0.075, body)
        b.rod((0.35, 0.42, 0.1), (0.5, 0.2, 0.1), 0.075, body)
        head_paint = body
    else:
        long = d.real(0.55, 0.7)
        z = torso(b, body, long, 0.2, 0.3, 0.08)
        b.has("leg", "legs", 4)
        top, y = z + 0.28, -long
        b.part("tail")
        if d.chance(0.6):
            b.rod((0, long - 0.1, z + 0.06), (0, long + 0.2, z + 0.35), 0.07, body)
            b.rod((0, long + 0.2, z + 0.35), (0, long + 0.1, z + 0.7), 0.07, body)
            b.has("tail", "tails", 1, adjective="raised")
        else:
            b.rod((0, long - 0.1, z + 0.06), (0, long + 0.55, z - 0.2), 0.07, body)
            b.has("tail", "tails", 1, adjective="long")
        head_paint = body
    b.part("head")
    b.ball((0.25, 0.21, 0.21), (0, y - 0.05, top), head_paint)
    b.ball((0.11, 0.1, 0.08), (0, y - 0.22, top - 0.07), b.other(body, 0.5, ("white", "beige", "grey")))
    with b.pair("ear"):
        b.box((0.09, 0.05, 0.11), (0.14, y - 0.03, top + 0.25), body, top=0.0)
    eyes(b, (0.1, y - 0.23, top + 0.05), 0.045, d)
    b.has("ear", "ears", 2, adjective="pointed")


@family("rabbit")
def rabbit(d: Dice, b: Build) -> None:
    b.noun("rabbit", "bunny", "hare")
    body = b.main(("white", "brown", "grey", "beige"))
    b.ball((0.34, 0.45, 0.36), (0, 0.1, 0.4), body, turn=(-15, 0, 0))
    with b.pair():
        b.part("leg")
        b.ball((0.12, 0.28, 0.14), (0.24, 0.12, 0.14), body)
        b.part("leg")
        b.rod((0.13, -0.22, 0.4), (0.13, -0.34, 0.08), 0.085, body)
    b.part("head")
    b.ball((0.24, 0.24, 0.23), (0, -0.32, 0.82), body)
    b.part("nose")
    b.ball(0.05, (0, -0.56, 0.8), b.paint("pink", "black"))
    eyes(b, (0.15, -0.48, 0.9), 0.045, d)
    ear = b.other(body, 0.3, ("pink", "brown", "white", "black"))
    hanging = d.chance(0.25)
    size = d.real(0.26, 0.4)
    with b.pair("ear"):
        if hanging:
            b.ball((0.055, 0.1, size), (0.26, -0.25, 0.82), ear, turn=(0, -12, 0))
        else:
            b.ball((0.085, 0.055, size), (0.12, -0.26, 1.0 + size), ear, turn=(8, 9, 0))
    b.has("ear", "ears", 2, ear, "hanging" if hanging else "long" if size > 0.32 else "short")
    tail = b.other(body, 0.5, ("white",))
    b.part("tail")
    b.ball(0.12, (0, 0.58, 0.3), tail)
    b.has("tail", "tails", 1, tail, "round")
