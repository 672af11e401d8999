"""Shelves, cupboards and desks."""

from __future__ import annotations

from .build import Build
from .dice import Dice
from .register import family


@family("bookshelf")
def bookshelf(d: Dice, b: Build) -> None:
    b.noun("bookshelf", "bookcase", "shelf")
    body = b.main(("brown", "white", "beige", "black"), ("wooden", "metal"))
    count = d.whole(2, 5)
    wide, high, deep = d.real(0.45, 0.75), 0.22 * count + 0.05, 0.22
    b.say("tall" if count >= 4 else "low" if count == 2 else "")
    b.box((wide, 0.045, high), (0, deep, high), body)
    with b.pair():
        b.box((0.045, deep, high), (wide, 0, high), body)
    for i in range(count + 1):
        b.part("shelf" if i < count else "top")
        b.box((wide, deep, 0.04), (0, 0, 0.04 + i * (2 * high - 0.08) / count), body)
    step = (2 * high - 0.08) / count
    b.has("shelf", "shelves", count)
    if d.chance(0.65):
        hues = [b.paint("red", "blue", "green", "yellow", "orange", "purple", "white", "dark red") for _ in range(4)]
        for i in range(count):
            x = -wide + 0.1
            while x < wide * d.real(0.2, 0.9) - 0.12:
                thick, tall = d.real(0.06, 0.1), d.real(0.55, 0.8) * step / 2
                b.part("book")
                b.box((thick, deep * 0.75, tall), (x + thick, 0, 0.06 + i * step + tall), d.pick(hues))
                x += 2 * thick + 0.01
        b.has("book", "books", 0, verb="full of" if d.chance(0.3) else "with")
    else:
        b.say("empty")


@family("cabinet")
def cabinet(d: Dice, b: Build) -> None:
    """A wardrobe (doors) or a chest of drawers."""
    doors = d.chance(0.5)
    body = b.main(("brown", "white", "beige", "grey"), ("wooden", "metal"))
    front = b.other(body, 0.4, ("white", "beige", "brown", "blue", "grey"))
    knob = b.paint("golden", "silver", "black", "white")
    if doors:
        b.noun("wardrobe", "closet", "cupboard")
        wide, high = d.real(0.5, 0.7), d.real(0.9, 1.1)
        b.say("tall" if high / wide > 1.7 else "wide" if high / wide < 1.4 else "")
    else:
        b.noun("chest of drawers", "dresser", "drawer cabinet")
        wide, high = d.real(0.5, 0.8), d.real(0.45, 0.75)
    b.box((wide, 0.32, high), (0, 0, high + 0.1), body, round=0.02)
    b.box((wide + 0.04, 0.36, 0.04), (0, 0, 2 * high + 0.1), body)
    with b.pair("foot"):
        for y in (-0.25, 0.25):
            b.box((0.06, 0.06, 0.06), (wide - 0.07, y, 0.06), body.shade(0.7))
    if doors:
        with b.pair("door"):
            b.box((wide / 2 - 0.04, 0.05, high - 0.08), (wide / 2, -0.32, high + 0.1), front)
            b.ball(0.06, (0.1, -0.4, high + 0.1), knob)
        b.has("door", "doors", 2, front)
        b.has("knob", "knobs", 0, knob)
        return
    count = d.whole(2, 4)
    step = 2 * high / count
    for i in range(count):
        b.part("drawer")
        z = 0.1 + (i + 0.5) * step
        b.box((wide - 0.06, 0.05, step / 2 - 0.035), (0, -0.32, z), front)
        with b.pair():
            b.ball(0.055, (wide * 0.45, -0.4, z), knob)
    b.has("drawer", "drawers", count, front)
    b.has("knob", "knobs", 0, knob)


@family("desk")
def desk(d: Dice, b: Build) -> None:
    b.noun("desk", "writing desk", "office desk")
    body = b.main(("brown", "white", "beige", "black"), ("wooden", "metal"))
    wide = d.real(0.85, 1.2)
    b.box((wide, 0.45, 0.05), (0, 0, 0.9), body)
    second = b.other(body, 0.4, ("white", "black", "grey", "brown"))
    count = d.whole(2, 3)
    both = d.chance(0.35)
    for x in (-1, 1):
        if x == 1 or both:
            b.part("pedestal")
            b.box((0.28, 0.4, 0.43), (x * (wide - 0.32), 0, 0.43), second)
            for i in range(count):
                b.part("drawer")
                b.box((0.24, 0.05, 0.4 / count - 0.03), (x * (wide - 0.32), -0.4, 0.04 + (i + 0.5) * 0.8 / count),
                      body)  # fmt: skip
        else:
            b.part("leg")
            b.box((0.05, 0.05, 0.45), (x * (wide - 0.08), -0.37, 0.45), second)
            b.part("leg")
            b.box((0.05, 0.05, 0.45), (x * (wide - 0.08), 0.37, 0.45), second)
    drawers = count * (2 if both else 1)
    b.has("drawer", "drawers", drawers, body)
    if not both:
        b.has("leg", "legs", 2, second)
    if d.chance(0.35):
        screen = b.paint("black", "grey")
        b.part("monitor")
        b.box((0.36, 0.045, 0.22), (-0.2, 0.15, 1.3), screen)
        b.box((0.05, 0.05, 0.12), (-0.2, 0.2, 1.03), screen)
        b.has("monitor", "monitors", 1)
    if wide > 1.08:
        b.say("wide")
