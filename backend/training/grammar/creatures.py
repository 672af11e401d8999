"""Animals with wings, fins, shells or none of them."""

from __future__ import annotations

import math

from .animals import eyes, torso
from .build import Build
from .dice import Dice
from .register import family


@family("bird")
def bird(d: Dice, b: Build) -> None:
    b.noun("bird", "songbird", "bird")
    body = b.main(("blue", "red", "yellow", "brown", "green"))
    wing = b.other(body, 0.6)
    beak = b.other(body, 1.0, ("orange", "yellow", "black"))
    z = 0.62
    b.ball((0.28, 0.45, 0.28), (0, 0, z), body, turn=(-22, 0, 0))
    b.part("head")
    b.ball(0.21, (0, -0.36, z + 0.32), body)
    b.part("beak")
    b.pole((0, -0.5, z + 0.32), (0, -0.78, z + 0.28), 0.09, beak, top=0.1)
    eyes(b, (0.13, -0.5, z + 0.4), 0.042, d)
    flying = d.chance(0.4)
    with b.pair("wing"):
        if flying:
            b.ball((0.5, 0.22, 0.06), (0.62, 0.05, z + 0.2), wing, turn=(0, -18, 0))
        else:
            b.ball((0.07, 0.38, 0.2), (0.27, 0.08, z + 0.02), wing, turn=(-20, 0, 0))
    b.part("tail")
    b.box((0.12, 0.24, 0.05), (0, 0.58, z - 0.16), wing, turn=(-22, 0, 0))
    with b.pair("leg"):
        b.rod((0.12, 0.02, z - 0.2), (0.12, -0.02, 0.05), 0.05, beak)
        b.rod((0.12, 0.02, 0.05), (0.12, -0.16, 0.05), 0.05, beak)
    if flying:
        b.say("flying")
    b.has("wing", "wings", 2 if flying else 0, wing, "spread" if flying else "")
    b.has("beak", "beaks", 1, beak)


@family("duck")
def duck(d: Dice, b: Build) -> None:
    b.noun("duck", "rubber duck", "duckling")
    body = b.main(("yellow", "yellow", "white", "brown"), ("plastic",))
    beak = b.other(body, 1.0, ("orange", "red", "yellow"))
    b.ball((0.45, 0.6, 0.36), (0, 0, 0.36), body)
    b.part("tail")
    b.rod((0, 0.4, 0.45), (0, 0.68, 0.68), 0.17, body, taper=0.4)
    high = d.real(0.85, 1.1)
    b.part("head")
    b.rod((0, -0.32, 0.5), (0, -0.38, high), 0.18, body)
    head = b.other(body, 0.25, ("green", "white", "yellow", "dark green", "brown"))
    b.ball(0.29, (0, -0.42, high), head)
    b.part("beak")
    b.ball((0.16, 0.2, 0.07), (0, -0.74, high - 0.05), beak)
    eyes(b, (0.16, -0.62, high + 0.12), 0.05, d)
    with b.pair("wing"):
        b.ball((0.09, 0.36, 0.2), (0.42, 0.1, 0.46), body)
    b.has("beak", "beaks", 1, beak)
    if head.name != body.name:
        b.has("head", "heads", 1, head)
    if high > 1.02:
        b.has("neck", "necks", 1, adjective="long")


@family("penguin")
def penguin(d: Dice, b: Build) -> None:
    b.noun("penguin")
    body = b.main(("black", "black", "dark blue", "grey"), faithful=0.7)
    belly = b.other(body, 1.0, ("white", "beige", "light blue", "yellow"))
    feet = b.other(body, 1.0, ("orange", "yellow"))
    fat = d.real(0.36, 0.48)
    b.say("fat" if fat > 0.43 else "thin" if fat < 0.39 else "")
    b.ball((fat, fat * 0.9, 0.62), (0, 0, 0.66), body)
    b.part("belly")
    b.ball((fat * 0.78, fat * 0.7, 0.5), (0, -fat * 0.3, 0.6), belly)
    b.part("head")
    b.ball((0.27, 0.27, 0.26), (0, 0, 1.3), body)
    b.part("beak")
    b.pole((0, -0.2, 1.28), (0, -0.48, 1.24), 0.1, feet, top=0.1)
    eyes(b, (0.11, -0.25, 1.38), 0.05, d)
    with b.pair("flipper"):
        b.ball((0.07, 0.16, 0.4), (fat + 0.04, 0, 0.72), body, turn=(0, -16, 0))
    with b.pair("foot"):
        b.ball((0.14, 0.2, 0.07), (0.17, -0.16, 0.07), feet)
    b.has("belly", "bellies", 1, belly)
    b.has("beak", "beaks", 1, feet)
    b.has("foot", "feet", 2, feet)


@family("fish")
def fish(d: Dice, b: Build) -> None:
    b.noun("fish", "goldfish" if d.chance(0.3) else "fish")
    body = b.main(("orange", "blue", "red", "yellow", "silver"))
    if "goldfish" in b.words.nouns and body.name not in ("orange", "golden", "yellow"):
        b.words.nouns = ("fish",)
    fin = b.other(body, 0.55)
    high, long = d.real(0.26, 0.5), 0.7
    b.say("long" if high < 0.32 else "round" if high > 0.43 else "")
    b.ball((0.22, long, high), (0, 0, 0), body)
    b.part("tail")
    b.box((0.05, 0.2, 0.2), (0, long + 0.06, 0.15), fin, turn=(35, 0, 0))
    b.box((0.05, 0.2, 0.2), (0, long + 0.06, -0.15), fin, turn=(-35, 0, 0))
    b.part("fin")
    b.gable((0.3, 0.05, 0.2), (0, 0.05, high + 0.06), fin, top=0.4, turn=(0, 0, 90))
    with b.pair("fin"):
        b.ball((0.2, 0.14, 0.05), (0.3, -0.2, -0.1), fin, turn=(0, 30, 20))
    b.has("fin", "fins", 0, fin)
    b.has("tail", "tails", 1, fin)
    eyes(b, (0.13, -0.52, 0.1), 0.06, d)
    if d.chance(0.4):
        stripe = b.other(body, 1.0, ("white", "black", "yellow", "orange", "blue"))
        count = d.whole(1, 3)
        for i in range(count):
            b.part("stripe")
            y = (i - (count - 1) / 2) * 0.32
            s = math.sqrt(1 - (y / long) ** 2)
            b.cylinder((0.22 * s + 0.03, high * s + 0.03), 0.065, (0, y, 0), stripe, turn=(90, 0, 0))
        b.has("stripe", "stripes", count, stripe)
        b.first()


@family("whale")
def whale(d: Dice, b: Build) -> None:
    b.noun("whale")
    body = b.main(("blue", "grey", "dark blue", "black"))
    belly = b.other(body, 0.8, ("white", "light blue", "beige"))
    b.ball((0.42, 0.8, 0.4), (0, -0.1, 0.4), body)
    b.part("belly")
    b.ball((0.39, 0.72, 0.3), (0, -0.18, 0.28), belly)
    b.part("tail")
    b.rod((0, 0.4, 0.45), (0, 1.05, 0.62), 0.24, body, taper=0.35)
    with b.pair("fluke"):
        b.ball((0.3, 0.15, 0.06), (0.24, 1.15, 0.68), body, turn=(0, -12, 25))
    with b.pair("fin"):
        b.ball((0.26, 0.14, 0.06), (0.5, -0.2, 0.22), body, turn=(0, 25, 20))
    eyes(b, (0.34, -0.58, 0.42), 0.05, d)
    b.has("belly", "bellies", 1, belly)
    b.has("fin", "fins", 2)
    if d.chance(0.45):
        water = b.paint("light blue", "white")
        b.part("fountain")
        b.rod((0, -0.35, 0.7), (0, -0.35, 1.0), 0.06, water)
        with b.pair():
            b.rod((0, -0.35, 1.0), (0.2, -0.35, 1.15), 0.07, water)
        b.has("water spout", "water spouts", 1)


@family("dinosaur")
def dinosaur(d: Dice, b: Build) -> None:
    b.noun("dinosaur", "dino", "brontosaurus")
    body = b.main(("green", "green", "brown", "purple", "grey"))
    z = torso(b, body, 0.6, 0.3, 0.22, 0.13)
    neck = d.real(0.55, 0.95)
    b.part("neck")
    b.rod((0, -0.45, z), (0, -0.8, z + neck), 0.22, body, taper=0.55)
    b.part("head")
    b.rod((0, -0.8, z + neck), (0, -1.05, z + neck - 0.03), 0.15, body, taper=0.8)
    eyes(b, (0.11, -0.9, z + neck + 0.1), 0.042, d)
    b.part("tail")
    b.rod((0, 0.45, z), (0, 1.0, z - 0.25), 0.25, body, taper=0.5)
    b.rod((0, 1.0, z - 0.25), (0, 1.5, z - 0.35), 0.125, body, taper=0.45)
    if d.chance(0.55):
        spike = b.other(body, 0.7, ("yellow", "orange", "red", "dark green"))
        count = d.whole(3, 5)
        for i in range(count):
            b.part("spike")
            y = -0.4 + 0.8 * i / (count - 1)
            b.box((0.06, 0.1, 0.15), (0, y, z + 0.38), spike, top=0.15)
        b.has("spike", "spikes", count, spike)
    b.has("neck", "necks", 1, adjective="long" if neck > 0.75 else "short" if neck < 0.62 else "")
    b.has("tail", "tails", 1, adjective="long")
