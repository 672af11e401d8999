"""Fruit, vegetables, fast food and sweets."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family


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
    b.has("scoop", "scoops", scoops, parts="body,scoop")
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
    b.has("tier", "tiers", tiers, parts="body")
    if candles:
        b.has("candle", "candles", candles)
        b.first()
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
        b.first()


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
    b.has(name, f"{name}s", count, parts="topping")
    b.has("crust", "crusts", 1, crust)
