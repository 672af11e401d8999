"""Fruit, vegetables, fast food and sweets."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family


@family("apple")
def apple(d: Dice, b: Build) -> None:
    b.noun("apple")
    body = b.main(("red", "green", "yellow", "light green"), faithful=0.65)
    tall = d.real(0.8, 1.0)
    b.say("flat" if tall < 0.85 else "")
    with b.pair():  # two lobes make the shoulders
        b.ball((0.5, 0.58, 0.56 * tall), (0.09, 0, 0.55 * tall), body)
    b.again("body")
    b.cylinder(0.22, 0.2, (0, 0, 1.12 * tall + 0.12), body.shade(0.75), top=1.8, cut=True)
    b.part("stem")
    b.rod((0, 0, 0.9 * tall), (0.07, 0, 1.3 * tall), 0.05, stem := b.other(body, 1.0, ("brown", "brown", "black")))
    b.has("stem", "stems", 1, stem)
    if d.chance(0.6):
        leaf = b.other(body, 1.0, ("green", "dark green", "light green"))
        b.part("leaf")
        b.ball((0.24, 0.11, 0.045), (0.27, 0, 1.3 * tall), leaf, turn=(0, -25, 0))
        b.has("leaf", "leaves", 1, leaf)
    else:
        b.lacks("leaf")


@family("pear")
def pear(d: Dice, b: Build) -> None:
    b.noun("pear")
    body = b.main(("green", "yellow", "light green"), faithful=0.65)
    high = d.real(0.55, 0.85)
    b.say("tall" if high > 0.75 else "fat" if high < 0.62 else "")
    b.rod((0, 0, 0.5), (0, 0, 0.5 + high), 0.5, body, taper=0.52)
    b.part("stem")
    b.rod((0, 0, 0.7 + high), (0.08, 0, 1.0 + high), 0.05, stem := b.other(body, 1.0, ("brown", "black")))
    b.has("stem", "stems", 1, stem)
    if d.chance(0.5):
        leaf = b.other(body, 1.0, ("green", "dark green"))
        b.part("leaf")
        b.ball((0.22, 0.1, 0.045), (0.26, 0, 0.95 + high), leaf, turn=(0, -20, 0))
        b.has("leaf", "leaves", 1, leaf)


@family("fruit")
def fruit(d: Dice, b: Build) -> None:
    """Oranges, lemons, cherries and strawberries."""
    kind = d.whole(0, 3)
    if kind == 0:
        b.noun("orange" if d.chance(0.5) else "tangerine", "fruit")
        body = b.main(("orange",), faithful=0.85)
        b.ball((0.6, 0.6, 0.56), (0, 0, 0), body)
        b.part("stem")
        b.cylinder(0.08, 0.05, (0, 0, 0.57), b.paint("green", "dark green"))
        b.say("round")
    elif kind == 1:
        b.noun("lemon")
        body = b.main(("yellow",), faithful=0.85)
        long = d.real(0.62, 0.75)
        b.ball((long, 0.48, 0.48), (0, 0, 0), body)
        with b.pair():
            b.rod((long - 0.2, 0, 0), (long + 0.08, 0, 0), 0.2, body, taper=0.5)
    elif kind == 2:
        b.noun("cherries", "pair of cherries", "cherry")
        body = b.main(("red", "dark red"), faithful=0.75)
        stem = b.paint("green", "brown", "dark green")
        with b.pair():
            b.part("body")
            b.ball(0.34, (0.4, 0, 0.34), body)
        with b.pair("stem"):
            b.rod((0.38, 0, 0.62), (0, 0, 1.35), 0.045, stem)
        b.has("stem", "stems", 2, stem)
        if d.chance(0.6):
            leaf = b.paint("green", "light green")
            b.part("leaf")
            b.ball((0.24, 0.12, 0.045), (0.22, 0, 1.36), leaf, turn=(0, -15, 0))
            b.has("leaf", "leaves", 1, leaf)
    else:
        b.noun("strawberry")
        body = b.main(("red",), faithful=0.8)
        b.rod((0, 0, 0.25), (0, 0, 0.8), 0.2, body, taper=2.3)
        leaf = b.paint("green", "dark green", "light green")
        for i in range(6):
            a = math.radians(60 * i)
            b.part("leaf")
            b.ball((0.24, 0.1, 0.05), (0.2 * math.cos(a), 0.2 * math.sin(a), 1.22), leaf, turn=(0, 15, 60 * i))
        seed = b.paint("yellow", "white")
        for i in range(9):
            a, z = 2.4 * i, 0.25 + 0.75 * i / 9
            r = 0.2 + 0.26 * (z - 0.1) / 0.8
            b.part("seed")
            b.ball(0.05, (r * math.cos(a), r * math.sin(a), z), seed)
        b.has("leaf", "leaves", 0, leaf)
        b.has("seed", "seeds", 0, seed)


@family("banana")
def banana(d: Dice, b: Build) -> None:
    b.noun("banana")
    body = b.main(("yellow", "yellow", "green"), faithful=0.75)
    count = d.pick((1, 1, 2, 3))
    if count > 1:
        b.words.nouns = ("bananas", "bunch of bananas")
        b.has("banana", "bananas", count)
    bend = d.real(0.8, 1.15)
    tip = b.paint("brown", "black")
    for k in range(count):
        b.part("body")
        y = 0.24 * (k - (count - 1) / 2)
        angles = [(-0.5 + i / 5) * 2 * bend for i in range(6)]
        points = [(math.sin(a), y, 1 - math.cos(a)) for a in angles]
        radii = (0.09, 0.15, 0.18, 0.18, 0.15, 0.09)
        for i in range(5):
            b.rod(points[i], points[i + 1], radii[i], body, taper=radii[i + 1] / radii[i])
        b.part("tip")
        x, z = math.sin(bend * 1.08), 1 - math.cos(bend * 1.08)
        b.ball(0.075, (-x, y, z), tip)
        b.rod((math.sin(bend), y, 1 - math.cos(bend)), (math.sin(bend * 1.2), y, 1 - math.cos(bend * 1.2)), 0.065, tip)
    b.say("curved" if bend > 1.05 else "")


@family("carrot")
def carrot(d: Dice, b: Build) -> None:
    b.noun("carrot")
    body = b.main(("orange", "orange", "purple"), faithful=0.75)
    high = d.real(0.8, 1.5)
    b.say("long" if high > 1.25 else "short" if high < 1.0 else "")
    b.rod((0, 0, 0.1), (0, 0, high), 0.07, body, taper=3.2)
    leaf = b.other(body, 1.0, ("green", "dark green", "light green"))
    count = d.whole(3, 5)
    for i in range(count):
        a = 2 * math.pi * i / count
        b.part("leaf")
        x, y = 0.2 * math.sin(a), 0.2 * math.cos(a)
        b.rod((0, 0, high + 0.1), (x, y, high + 0.7), 0.055, leaf, taper=1.4)
    b.has("leaf", "leaves", count, leaf)


@family("pumpkin")
def pumpkin(d: Dice, b: Build) -> None:
    face = d.chance(0.45)
    b.noun(*(("jack-o-lantern", "halloween pumpkin", "pumpkin") if face else ("pumpkin",)))
    body = b.main(("orange", "orange", "white", "green"), faithful=0.7)
    squash = d.real(0.55, 0.85)
    b.say("flat" if squash < 0.63 else "tall" if squash > 0.8 else "")
    for i in range(8):
        a = 2 * math.pi * (i + 0.5) / 8
        b.again("body")
        b.ball((0.42, 0.3, 0.62 * squash + 0.05), (0.32 * math.sin(a), -0.32 * math.cos(a), 0.6 * squash), body,
               turn=(0, 0, math.degrees(a) - 90))  # fmt: skip
    b.part("stem")
    stem = b.other(body, 1.0, ("brown", "green", "dark green"))
    b.pole((0, 0, 1.1 * squash), (0.06, 0, 1.1 * squash + 0.32), 0.11, stem, top=0.7)
    if face:
        glow = b.other(body, 1.0, ("black", "yellow", "black"))
        with b.pair("eye"):
            b.gable((0.13, 0.1, 0.11), (0.24, -0.66, 0.78 * squash + 0.06), glow)
        b.part("mouth")
        b.box((0.28, 0.1, 0.07), (0, -0.68, 0.4 * squash), glow)
        b.has("face", "faces", 1, glow)
    b.has("stem", "stems", 1, stem)


@family("burger")
def burger(d: Dice, b: Build) -> None:
    b.noun("burger", "hamburger", "cheeseburger" if (cheese := d.chance(0.6)) else "sandwich")
    bun = b.main(("brown", "beige", "orange", "golden"), faithful=0.8)
    r, z = 0.7, 0.12
    b.cylinder(r, 0.13, (0, 0, 0.13), bun, round=0.1)
    z = 0.26
    double = d.whole(1, 2)
    for _ in range(double):
        b.part("patty")
        b.cylinder(r + 0.02, 0.1, (0, 0, z + 0.08), b.paint("brown", "dark red").shade(0.75), round=0.06)
        z += 0.18
        if cheese:
            b.part("cheese")
            b.box((0.58, 0.58, 0.035), (0, 0, z + 0.01), b.paint("yellow"), turn=(0, 0, 45))
            z += 0.05
    lettuce = d.chance(0.65)
    if lettuce:
        b.part("lettuce")
        b.cylinder(r + 0.07, 0.05, (0, 0, z + 0.03), b.paint("light green", "green"), round=0.03)
        z += 0.08
    tomato = d.chance(0.5)
    if tomato:
        b.part("tomato")
        b.cylinder(r - 0.03, 0.05, (0, 0, z + 0.03), b.paint("red"), round=0.03)
        z += 0.08
    b.again("body")
    b.dome((r, r, 0.42), (0, 0, z), bun)
    if double == 2:
        b.say("double")
    if cheese:
        b.has("cheese")
    if lettuce:
        b.has("lettuce")
    if tomato:
        b.has("tomato")
    b.has("patty", "patties", double)


@family("ice cream")
def ice_cream(d: Dice, b: Build) -> None:
    popsicle = d.chance(0.3)
    body = b.main(("pink", "white", "brown", "yellow", "light green", "light blue"), faithful=0.65)
    if popsicle:
        b.noun("popsicle", "ice lolly", "ice cream bar")
        b.box((0.32, 0.14, 0.55), (0, 0, 1.0), body, round=0.13)
        b.again("body")
        b.dome((0.31, 0.13, 0.26), (0, 0, 1.42), body)
        b.part("stick")
        b.box((0.085, 0.05, 0.35), (0, 0, 0.3), stick := b.paint("beige", "brown"), round=0.04)
        b.has("stick", "sticks", 1, stick)
        return
    b.noun("ice cream", "ice cream cone", "icecream")
    cone = b.other(body, 1.0, ("beige", "brown", "orange", "golden"))
    scoops = d.whole(1, 3)
    z, first = 1.12, body
    flavours = [first] + [b.other(first, 0.8, ("pink", "white", "brown", "yellow", "light green")) for _ in range(2)]
    for i in range(scoops):
        b.part("body" if i == 0 else "scoop")
        b.ball(0.36 - 0.03 * i, (0, 0, z + 0.4 * i), flavours[i])
        if i == 0:
            b.torus(0.3, 0.08, (0, 0, z - 0.1), flavours[0])
    b.part("cone")
    b.cylinder(0.05, 0.5, (0, 0, 0.5), cone, top=6.4)
    b.has("scoop", "scoops", scoops)
    b.has("cone", "cones", 1, cone)
    if d.chance(0.4):
        cherry = b.paint("red", "dark red")
        b.part("cherry")
        b.ball(0.1, (0, 0, z + 0.4 * scoops), cherry)
        b.has("cherry", "cherries", 1, cherry)


@family("cake")
def cake(d: Dice, b: Build) -> None:
    cupcake = d.chance(0.35)
    body = b.main(("white", "brown", "pink", "yellow"))
    if cupcake:
        b.noun("cupcake", "muffin")
        b.dome((0.52, 0.52, 0.3), (0, 0, 0.62), body)
        b.again("body")
        b.cylinder(0.38, 0.16, (0, 0, 0.92), body, top=0.5, round=0.06)
        cup = b.other(body, 1.0, ("blue", "red", "brown", "white", "pink", "yellow"))
        b.part("cup")
        b.cylinder(0.36, 0.32, (0, 0, 0.32), cup, top=1.32)
        b.has("cup", "cups", 1, cup)
        if d.chance(0.7):
            cherry = b.other(body, 1.0, ("red", "dark red"))
            b.part("cherry")
            b.ball(0.13, (0, 0, 1.14), cherry)
            b.has("cherry", "cherries", 1, cherry)
        return
    b.noun("cake", "birthday cake", "cake")
    tiers = d.whole(1, 3)
    cream = b.other(body, 0.8, ("white", "pink", "brown", "red", "light blue"))
    z, r = 0.0, 0.75
    for i in range(tiers):
        b.part("body")
        half = 0.26 if tiers == 1 else 0.19
        b.cylinder(r, half, (0, 0, z + half), body, round=0.03)
        z += 2 * half
        b.part("icing")
        b.cylinder(r + 0.02, 0.055, (0, 0, z - 0.02), cream, round=0.04)
        if i < tiers - 1:
            r *= 0.68
    candles = d.pick((0, 1, 3, 4, 5))
    for i in range(candles):
        a = 2 * math.pi * i / max(candles, 1)
        far = 0 if candles == 1 else 0.6 * r
        b.part("candle")
        x, y = far * math.sin(a), far * math.cos(a)
        b.pole((x, y, z), (x, y, z + 0.26), 0.05, b.paint("blue", "red", "white", "yellow"))
        b.ball((0.055, 0.055, 0.08), (x, y, z + 0.33), b.paint("orange", "yellow"))
    b.has("tier", "tiers", tiers)
    if candles:
        b.has("candle", "candles", candles)
        b.words.clauses.insert(0, b.words.clauses.pop())
    b.has("icing", paint=cream)
    if tiers == 3:
        b.say("tall")


@family("donut")
def donut(d: Dice, b: Build) -> None:
    b.noun("donut", "doughnut")
    glaze = b.main(("pink", "brown", "white", "light blue"), faithful=0.65)
    dough = b.other(glaze, 1.0, ("beige", "brown", "golden"))
    thick = d.real(0.24, 0.36)
    b.say("thick" if thick > 0.33 else "thin" if thick < 0.27 else "")
    b.torus(0.62, thick, (0, 0, 0.06), glaze)
    b.part("dough")
    b.torus(0.62, thick + 0.02, (0, 0, -0.05), dough)
    b.has("dough", paint=dough)
    if d.chance(0.55):
        hues = [b.other(glaze, 1.0, ("red", "yellow", "white", "blue", "green")) for _ in range(3)]
        for i in range(14):
            a, far = 2.4 * i, 0.5 + 0.25 * ((i * 7) % 5) / 4
            x, y = far * math.cos(a), far * math.sin(a)
            z = 0.04 + math.sqrt(max(thick**2 - (far - 0.62) ** 2, 0))
            b.part("sprinkle")
            turn = 1.7 * i
            b.rod((x - 0.04 * math.cos(turn), y - 0.04 * math.sin(turn), z),
                  (x + 0.04 * math.cos(turn), y + 0.04 * math.sin(turn), z), 0.045, hues[i % 3])  # fmt: skip
        b.has("sprinkle", "sprinkles")
        b.words.clauses.insert(0, b.words.clauses.pop())


@family("lollipop")
def lollipop(d: Dice, b: Build) -> None:
    b.noun("lollipop", "candy", "lolly")
    body = b.main(("red", "pink", "yellow", "green", "orange"))
    stick = b.other(body, 1.0, ("white", "beige", "brown"))
    flat = d.chance(0.5)
    high = d.real(0.8, 1.2)
    if flat:
        b.cylinder(0.42, 0.1, (0, 0, high + 0.3), body, turn=(90, 0, 0), round=0.05)
        swirl = b.other(body, 1.0, ("white", "yellow", "pink", "red"))
        b.part("swirl")
        b.torus(0.26, 0.05, (0, -0.09, high + 0.3), swirl, turn=(90, 0, 0))
        b.ball((0.09, 0.05, 0.09), (0, -0.1, high + 0.3), swirl)
        b.has("swirl", "swirls", 1, swirl)
    else:
        b.ball(0.36, (0, 0, high + 0.25), body)
    b.say("flat" if flat else "round")
    b.part("stick")
    b.pole((0, 0, 0), (0, 0, high + 0.2), 0.055, stick)
    b.has("stick", "sticks", 1, stick, "long" if high > 1.1 else "")


@family("pizza")
def pizza(d: Dice, b: Build) -> None:
    slice_ = d.chance(0.45)
    body = b.main(("yellow", "yellow", "orange"), faithful=0.85)
    crust = b.other(body, 1.0, ("brown", "beige", "golden"))
    topping = b.other(body, 1.0, ("red", "red", "green", "dark red", "black"))
    if slice_:
        b.noun("slice of pizza", "pizza slice", "pizza")
        b.gable((0.5, 0.055, 0.85), (0, 0, 0.07), body, turn=(90, 0, 0))
        b.part("crust")
        b.rod((-0.48, 0.85, 0.07), (0.48, 0.85, 0.07), 0.11, crust)
        count = d.whole(2, 4)
        for i in range(count):
            x, y = ((0, -0.15), (-0.17, 0.5), (0.18, 0.42), (0, 0.18))[i]
            b.part("topping")
            b.cylinder(0.13, 0.05, (x, y, 0.12), topping)
    else:
        b.noun("pizza")
        b.cylinder(0.85, 0.07, (0, 0, 0.07), body)
        b.part("crust")
        b.torus(0.84, 0.11, (0, 0, 0.09), crust)
        count = d.whole(5, 8)
        for i in range(count):
            a, far = 2.4 * i, 0.15 + 0.5 * math.sqrt(i / count)
            b.part("topping")
            b.cylinder(0.14, 0.05, (far * math.cos(a), far * math.sin(a), 0.14), topping)
    name = {"red": "tomato slice", "green": "pepper slice", "black": "olive"}.get(topping.name, "salami slice")
    b.has(name, f"{name}s", count)
    b.has("crust", "crusts", 1, crust)
