"""Figures: people, robots, snowmen, bears."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family


@family("person")
def person(d: Dice, b: Build) -> None:
    """Standing; the captioned colour is that of the shirt or the dress."""
    girl = d.chance(0.5)
    b.noun(*(("woman", "girl", "person", "human") if girl else ("man", "boy", "person", "human")))
    shirt = b.main(("red", "blue", "green", "white", "yellow"))
    skin = b.paint("beige", "brown", "beige")
    hair = b.paint("black", "brown", "yellow", "orange", "grey")
    dress = girl and d.chance(0.5)
    trousers = b.other(shirt, 0.9, ("blue", "black", "brown", "grey", "dark blue", "green"))
    fat = d.real(0.9, 1.3)
    b.say("fat" if fat > 1.2 else "thin" if fat < 0.97 else "")
    w = 0.2 * fat
    if dress:
        b.cylinder((1.75 * w, 1.5 * w), 0.42, (0, 0, 0.9), shirt, top=0.5)
    else:
        b.box((w, 0.13 * fat, 0.3), (0, 0, 1.02), shirt, round=0.11)
    raised = d.chance(0.25)
    with b.pair("arm"):
        hand = (w + 0.3, -0.02, 1.62) if raised else (w + 0.17, -0.06, 0.72)
        b.rod((w + 0.01, 0, 1.22), hand, 0.075, shirt)
        b.ball(0.085, hand, skin)
    with b.pair("leg"):
        x = 0.55 * w
        b.rod((x, 0, 0.75), (x, 0, 0.12), 0.095, skin if dress else trousers)
        b.box((0.085, 0.15, 0.06), (x, -0.06, 0.06), b.paint("black", "brown", "red", "white"), round=0.04)
    b.part("head")
    b.pole((0, 0, 1.25), (0, 0, 1.45), 0.075, skin)
    b.ball((0.19, 0.19, 0.22), (0, 0, 1.58), skin)
    with b.pair("eye"):
        b.ball(0.035, (0.07, -0.18, 1.61), b.paint("black"))
    hat = d.chance(0.3)
    b.part("hair")
    b.ball((0.205, 0.19, 0.19), (0, 0.045, 1.67), hair)
    if girl:
        b.ball((0.2, 0.1, 0.28), (0, 0.14, 1.5), hair)
    b.wears("dress" if dress else "shirt", shirt)
    if not dress:
        b.has("trousers", paint=trousers)
    if hat:
        cap = b.paint("red", "black", "blue", "yellow", "green", "brown")
        b.part("hat")
        b.cylinder(0.3, 0.035, (0, 0, 1.74), cap)
        b.cylinder(0.19, 0.1, (0, 0, 1.85), cap, top=0.9)
        b.has("hat", "hats", 1, cap)
        b.first()
    else:
        b.has("hair", paint=hair, adjective="long" if girl else "short")
    if raised:
        b.has("raised arms")


@family("robot")
def robot(d: Dice, b: Build) -> None:
    b.noun("robot", "android", "robot toy")
    body = b.main(("grey", "silver", "red", "blue", "white"), ("metal",))
    second = b.other(body, 0.7, ("silver", "grey", "black", "yellow", "red", "blue"))
    round_one = d.chance(0.35)
    high = d.real(0.3, 0.42)
    b.say("round" if round_one else "boxy")
    if round_one:
        b.cylinder(0.32, high, (0, 0, 0.5 + high), body, round=0.14)
    else:
        b.box((0.34, 0.22, high), (0, 0, 0.5 + high), body, round=0.04)
    top = 0.5 + 2 * high
    b.part("panel")
    b.box((0.17, 0.06, 0.12), (0, -0.22 if not round_one else -0.3, 0.55 + high), b.paint("yellow", "black", "white"))
    b.part("head")
    b.pole((0, 0, top - 0.05), (0, 0, top + 0.15), 0.08, second)
    if round_one:
        b.ball(0.27, (0, 0, top + 0.3), body)
    else:
        b.box((0.25, 0.2, 0.2), (0, 0, top + 0.3), body, round=0.04)
    eye = b.other(body, 1.0, ("yellow", "red", "light blue", "light green", "white"))
    with b.pair("eye"):
        b.cylinder(0.07, 0.05, (0.11, -0.21 if not round_one else -0.24, top + 0.34), eye, turn=(90, 0, 0))
    with b.pair("arm"):
        x = 0.45
        b.ball(0.11, (x - 0.04, 0, top - 0.12), second)
        if d.chance(0.5):
            b.rod((x, 0, top - 0.12), (x + 0.05, -0.05, top - 0.6), 0.075, second)
            b.box((0.09, 0.09, 0.09), (x + 0.05, -0.06, top - 0.68), body, round=0.02)
        else:
            b.rod((x, 0, top - 0.12), (x + 0.08, 0, top - 0.4), 0.075, second)
            b.rod((x + 0.08, 0, top - 0.4), (x + 0.02, -0.35, top - 0.4), 0.075, second)
    walking = d.chance(0.7)
    if walking:
        with b.pair("leg"):
            b.pole((0.17, 0, 0.1), (0.17, 0, 0.55), 0.085, second)
            b.box((0.13, 0.2, 0.08), (0.17, -0.04, 0.08), body, round=0.03)
        b.has("leg", "legs", 2, second)
    else:
        with b.pair("wheel"):
            b.cylinder(0.26, 0.1, (0.28, 0, 0.26), b.paint("black"), turn=(0, 90, 0), round=0.03)
        b.box((0.22, 0.16, 0.12), (0, 0, 0.42), second)
        b.has("wheel", "wheels", 2)
    antennas = d.whole(0, 2)
    for i in range(antennas):
        x = 0.0 if antennas == 1 else (0.14 if i else -0.14)
        b.part("antenna")
        b.pole((x, 0, top + 0.45), (x, 0, top + 0.7), 0.04, second)
        b.ball(0.07, (x, 0, top + 0.72), eye)
    if antennas:
        b.has("antenna", "antennas", antennas)
    b.has("eye", "eyes", 2, eye)
    b.has("arm", "arms", 2, second)


@family("snowman")
def snowman(d: Dice, b: Build) -> None:
    b.noun("snowman")
    body = b.main(("white", "white", "light blue"), faithful=0.75)
    balls = d.pick((2, 3, 3))
    z, sizes = 0.0, (0.5, 0.38, 0.27) if balls == 3 else (0.52, 0.34)
    for size in sizes:
        b.part("body")
        b.ball(size, (0, 0, z + size * 0.95), body)
        z += size * 1.7
    r = sizes[-1]
    z = z - 1.7 * r + 0.95 * r
    b.part("nose")
    carrot = b.paint("orange", "orange", "red")
    b.pole((0, -r * 0.8, z), (0, -r - 0.32, z - 0.02), 0.08, carrot, top=0.15)
    with b.pair("eye"):
        b.ball(0.05, (0.1, -r * 0.88, z + 0.11), b.paint("black"))
    for i in range(3):
        b.part("button")
        low = sizes[-2]
        mid = (sizes[0] * 1.7 + low * 0.95) if balls == 3 else low * 0.95
        b.ball(0.055, (0, -low * math.cos(0.45 * (i - 1)), mid + low * math.sin(0.45 * (i - 1))), b.paint("black"))
    if d.chance(0.65):
        hat = b.other(body, 1.0, ("black", "red", "blue", "brown"))
        b.part("hat")
        b.cylinder(0.33, 0.035, (0, 0, z + 0.8 * r), hat)
        b.cylinder(0.21, 0.17, (0, 0, z + 0.8 * r + 0.19), hat)
        b.has("hat", "hats", 1, hat)
    if d.chance(0.55):
        scarf = b.other(body, 1.0, ("red", "green", "blue", "yellow", "purple"))
        b.part("scarf")
        b.torus(0.24, 0.08, (0, 0, z - 0.82 * r), scarf)
        b.box((0.08, 0.05, 0.18), (0.13, -sizes[-2] * 0.9, z - 0.82 * r - 0.16), scarf, turn=(20, 0, 0))
        b.has("scarf", "scarves", 1, scarf)
    if d.chance(0.6):
        with b.pair("arm"):
            low = 0.95 * sizes[0] * 2 + 0.2 if balls == 3 else 0.7
            b.rod((0.3, 0, low), (0.85, 0, low + 0.25), 0.045, b.paint("brown"))
        b.has("arm", "arms", 2)
    if d.chance(0.4):
        b.has("snowball", "snowballs", balls, parts="body")
    else:
        b.has("nose", "noses", 1, carrot)


@family("teddy bear")
def bear(d: Dice, b: Build) -> None:
    b.noun("teddy bear", "teddy", "bear", "stuffed bear")
    body = b.main(("brown", "brown", "beige", "white", "pink", "grey"))
    light = b.other(body, 0.8, ("beige", "white", "pink", "brown"))
    b.ball((0.36, 0.3, 0.4), (0, 0, 0.46), body)
    b.part("belly")
    b.ball((0.26, 0.2, 0.29), (0, -0.15, 0.45), light)
    b.part("head")
    z = 1.05
    b.ball((0.33, 0.29, 0.29), (0, -0.03, z), body)
    b.part("snout")
    b.ball((0.15, 0.13, 0.11), (0, -0.28, z - 0.07), light)
    b.ball((0.06, 0.05, 0.045), (0, -0.4, z - 0.03), b.paint("black"))
    with b.pair("ear"):
        b.ball((0.13, 0.08, 0.13), (0.25, 0, z + 0.26), body)
    with b.pair("eye"):
        b.ball(0.042, (0.12, -0.29, z + 0.08), b.paint("black"))
    with b.pair("arm"):
        b.rod((0.3, -0.05, 0.7), (0.52, -0.22, 0.45), 0.11, body)
    with b.pair("leg"):
        b.rod((0.22, -0.1, 0.16), (0.32, -0.5, 0.15), 0.14, body)
        b.ball((0.1, 0.04, 0.1), (0.33, -0.64, 0.16), light)
    if d.chance(0.45):
        bow = b.other(body, 1.0, ("red", "blue", "green", "pink", "yellow"))
        with b.pair("bow"):
            b.pole((0.0, -0.3, 0.78), (0.19, -0.3, 0.78), 0.04, bow, top=2.4)
        b.has("bow tie", "bow ties", 1, bow)
    b.has("belly", "bellies", 1, light)
    b.has("ear", "ears", 2, adjective="round")


@family("ghost")
def ghost(d: Dice, b: Build) -> None:
    b.noun("ghost", "spook")
    body = b.main(("white", "white", "light blue", "light green"), faithful=0.6)
    high = d.real(0.35, 0.7)
    b.say("tall" if high > 0.6 else "short" if high < 0.45 else "")
    b.dome((0.5, 0.5, 0.55), (0, 0, 2 * high), body)
    b.again("body")
    b.cylinder(0.55, high, (0, 0, high + 0.02), body, top=0.91)
    count = 6
    for i in range(count):
        a = 2 * math.pi * i / count
        b.again("body")
        b.ball((0.2, 0.2, 0.17), (0.4 * math.sin(a), 0.4 * math.cos(a), 0.02), body)
    eye = b.other(body, 1.0, ("black", "black", "red", "blue"))
    with b.pair("eye"):
        b.ball((0.085, 0.06, 0.12), (0.17, -0.47, 2 * high + 0.12), eye)
    b.part("mouth")
    b.ball((0.09, 0.06, 0.11), (0, -0.49, 2 * high - 0.16), eye)
    with b.pair("arm"):
        b.rod((0.42, -0.1, 1.6 * high), (0.72, -0.22, 1.5 * high + 0.12), 0.11, body)
    b.has("eye", "eyes", 2, eye)
    b.has("arm", "arms", 2)
