"""Things to sit on, lie on, work at and keep things in."""

from __future__ import annotations

from .build import Build
from .dice import Dice
from .register import family


def legs(b: Build, count: int, at: tuple[float, float], top: float, radius: float, paint, square: bool, splay=0.0):
    """``count`` (3 or 4) legs from the floor (z = 0) up to ``top``; ``at``: half distances in x and y."""
    spots = [(-1, -1), (1, -1), (-1, 1), (1, 1)] if count == 4 else [(-1, -0.8), (1, -0.8), (0, 1)]
    for sx, sy in spots:
        b.part("leg")
        x, y = sx * at[0], sy * at[1]
        if square:
            b.beam((x * (1 + splay), y * (1 + splay), 0), (x, y, top), (radius, radius), paint)
        else:
            b.pole((x * (1 + splay), y * (1 + splay), 0), (x, y, top), radius, paint)


@family("chair")
def chair(d: Dice, b: Build) -> None:
    b.noun("chair", "chair", "seat")
    body = b.main(("brown", "beige", "black", "white"), ("wooden", "metal", "plastic"))
    second = b.other(body, 0.45, ("brown", "black", "white", "grey", "silver", "beige", "red", "blue"))
    wide, deep, seat = d.real(0.85, 1.15) * 0.5, 0.5 * d.real(0.9, 1.1), d.real(0.8, 1.1)
    back = d.real(0.6, 1.35)
    thin = d.chance(0.5)
    leg = 0.055 if thin else 0.1
    square = d.chance(0.6)
    if back > 1.15:
        b.say("tall")
    if wide > 0.54:
        b.say("wide")
    pad = d.chance(0.3)
    b.box((wide, deep, 0.06 if not pad else 0.1), (0, 0, seat), body, round=0.05 if pad else 0.015)
    legs(b, 4, (wide - leg, deep - leg), seat, leg, second, square, d.one(0.0, 0.0, 0.12))
    b.has("leg", "legs", 4, second, "thin" if thin else "thick")
    style = d.whole(0, 3)
    lean = d.real(0, 0.12)
    y, top = deep - 0.06, seat + back
    if style == 0:  # solid panel
        b.again("body")
        b.beam((0, y, seat), (0, y + lean, top), (wide, 0.055), body, round=0.03)
        b.has("solid back", count=1)
    elif style == 1:  # upright slats between two posts
        b.again("body")
        with b.pair():
            b.beam((wide - 0.06, y, seat), (wide - 0.06, y + lean, top), (0.06, 0.055), body)
        b.beam((0, y + lean, top - 0.17), (0, y + lean, top), (wide, 0.05), body, round=0.03)
        count = d.whole(2, 4)
        for i in range(count):
            b.part("slat")
            x = (i + 1) / (count + 1) * 2 * wide - wide
            b.beam((x, y, seat), (x, y + lean * 0.9, top - 0.1), (0.05, 0.045), body)
        b.has("slat", "slats", count, adjective="vertical")
    elif style == 2:  # ladder back
        b.again("body")
        with b.pair():
            b.beam((wide - 0.06, y, seat), (wide - 0.06, y + lean, top), (0.06, 0.055), body)
        count = d.whole(2, 3)
        for i in range(count):
            b.part("bar")
            t = (i + 1) / count
            z = seat + back * t - 0.09
            b.beam((0, y + lean * t, z - 0.08), (0, y + lean * t, z + 0.08), (wide, 0.045), body)
        b.has("bar", "bars", count, adjective="horizontal")
    else:  # rounded shell
        b.again("body")
        b.cylinder(
            (wide * 0.96, back * 0.56), 0.055, (0, y + lean / 2, seat + back * 0.5), body, turn=(90 - lean * 40, 0, 0)
        )
        with b.pair():
            b.pole((0.5 * wide, y - 0.03, seat - 0.03), (0.5 * wide, y, seat + 0.3), 0.06, body)
        b.has("rounded back", count=1)
    if d.chance(0.35):
        arm = seat + d.real(0.35, 0.5)
        with b.pair("armrest"):
            b.box((0.06, deep, 0.05), (wide - 0.02, 0, arm), second, round=0.03)
            b.box((0.055, 0.055, (arm - seat) / 2), (wide - 0.02, -deep + 0.1, (arm + seat) / 2), second)
        b.has("armrest", "armrests", 0, second)
        b.first()
    elif d.chance(0.25):
        b.lacks("armrests")


@family("table")
def table(d: Dice, b: Build) -> None:
    body = b.main(("brown", "beige", "white", "black"), ("wooden", "glass", "metal", "plastic", "stone"))
    second = b.other(body, 0.45, ("brown", "black", "white", "grey", "silver", "beige", "red", "blue"))
    shape = d.pick(("rectangular", "rectangular", "square", "round"))
    high = d.pick((0.45, 0.9, 0.9, 1.3))
    wide = {"rectangular": d.real(0.95, 1.3), "square": 0.75, "round": d.real(0.7, 0.85)}[shape]
    deep = d.real(0.5, 0.65) if shape == "rectangular" else wide
    if high < 0.5:
        b.noun("table", "coffee table", "low table")
        b.say("low")
    else:
        b.noun("table", "table", "dining table")
        if high > 1:
            b.say("tall")
    b.say(shape)
    top = 0.055 if d.chance(0.6) else 0.1
    if shape == "round":
        b.cylinder(wide, top, (0, 0, high), body, round=0.02)
    else:
        b.box((wide, deep, top), (0, 0, high), body, round=d.one(0.01, 0.04))
    if (shape == "round" and d.chance(0.6)) or d.chance(0.1):
        b.part("leg")
        b.cylinder(0.1, high / 2, (0, 0, high / 2), second)
        b.cylinder(0.45 * deep + 0.1, 0.05, (0, 0, 0.05), second, top=0.85)
        b.has("leg", "legs", 1, second, "central")
        return
    count = 3 if shape == "round" and d.chance(0.5) else 4
    thin = d.chance(0.5)
    r = 0.055 if thin else 0.11
    inset = 0.68 if shape == "round" else 1.0
    square = d.chance(0.6)
    legs(b, count, ((wide - r - 0.03) * inset, (deep - r - 0.03) * inset), high, r, second, square, d.one(0, 0, 0.1))
    b.has("leg", "legs", count, second, "thin" if thin else "thick")
    extra = d.whole(0, 4)
    if shape != "round" and extra == 0 and high > 0.6:
        b.part("drawer")
        b.box((0.5 * wide, deep - 0.1, 0.12), (0, 0, high - top - 0.1), body.shade(0.9))
        b.box((0.08, 0.04, 0.04), (0, -deep + 0.09, high - top - 0.1), second.shade(0.6))
        b.has("drawer", "drawers", 1)
    elif shape != "round" and extra == 1:
        b.part("shelf")
        b.box((wide - 0.1, deep - 0.08, 0.05), (0, 0, 0.3 * high), second)
        b.has("lower shelf", "lower shelves", 1, second)


@family("stool")
def stool(d: Dice, b: Build) -> None:
    b.noun("stool", "stool", "bar stool" if (tall := d.chance(0.5)) else "footstool")
    body = b.main(("brown", "beige", "red", "black", "white"), ("wooden", "metal", "plastic", "leather"))
    second = b.other(body, 0.5, ("brown", "black", "white", "silver", "beige"))
    high, r = (d.real(1.3, 1.7) if tall else d.real(0.6, 0.85)), d.real(0.36, 0.45)
    b.say("tall" if tall else "low")
    square = d.chance(0.35)
    thick = d.one(0.07, 0.14)
    if square:
        b.box((r, r, thick), (0, 0, high), body, round=0.05)
    else:
        b.cylinder(r, thick, (0, 0, high), body, round=0.05)
    b.has("seat", "seats", 1, adjective="square" if square else "round")
    if d.chance(0.25):
        b.part("leg")
        b.pole((0, 0, 0), (0, 0, high), 0.08, second)
        b.cylinder(r, 0.06, (0, 0, 0.06), second, top=0.7)
        b.has("leg", "legs", 1, second, "central")
        return
    count = d.one(3, 4)
    legs(b, count, (0.68 * r, 0.68 * r), high, 0.07, second, square, 0.25)
    if tall:
        b.part("rest")
        b.torus(0.83 * r, 0.05, (0, 0, 0.4 * high), second)
    b.has("leg", "legs", count, second)


@family("sofa")
def sofa(d: Dice, b: Build) -> None:
    body = b.main(("grey", "beige", "brown", "blue", "red"), ("leather", "fabric"))
    seats = d.pick((1, 1, 2, 3))
    b.noun(*(("armchair", "easy chair") if seats == 1 else ("sofa", "couch", "settee")))
    wide, deep, seat = 0.42 * seats, 0.45, 0.42
    back, arm = d.real(0.85, 1.15), d.real(0.55, 0.72)
    soft = d.one(0.05, 0.12)
    b.box((wide + 0.05, deep, seat / 2), (0, 0, seat / 2 + 0.08), body, round=0.04)
    b.box((wide + 0.05, 0.14, back / 2), (0, deep, back / 2 + 0.08), body, round=soft)
    with b.pair("armrest"):
        if soft > 0.1:
            b.box((0.13, deep + 0.1, arm / 2), (wide + 0.1, 0.04, arm / 2 + 0.08), body, round=0.12)
        else:
            b.box((0.12, deep + 0.1, arm / 2), (wide + 0.1, 0.04, arm / 2 + 0.08), body, round=0.03)
    cushion = b.other(body, 0.35)
    for i in range(seats):
        b.part("cushion")
        x = (2 * i + 1 - seats) * 0.42
        b.box((0.41, deep - 0.05, 0.1), (x, -0.08, seat + 0.14), cushion, round=0.08)
    with b.pair("foot"):
        b.box((0.06, 0.06, 0.06), (wide, -deep + 0.08, 0.05), body.shade(0.4))
        b.box((0.06, 0.06, 0.06), (wide, deep - 0.08, 0.05), body.shade(0.4))
    b.has(
        "cushion" if seats == 1 else "seat cushion",
        "cushions" if seats == 1 else "seat cushions",
        seats,
        cushion,
        parts="cushion",
    )
    if seats > 1:
        b.say("wide" if seats == 3 else "")
    if back > 1.05:
        b.has("back", count=1, adjective="high")
    b.has("armrest", "armrests", 0)


@family("bed")
def bed(d: Dice, b: Build) -> None:
    double = d.chance(0.5)
    b.noun("bed", "bed", "double bed" if double else "single bed")
    b.say("wide" if double else "thin")
    body = b.main(("brown", "white", "beige", "black"), ("wooden", "metal"))
    blanket = b.other(body, 1.0, ("blue", "red", "green", "pink", "white", "grey", "light blue", "purple"))
    wide, long = (0.75 if double else 0.45), 1.05
    b.box((wide, long, 0.12), (0, 0, 0.3), body)
    head = d.real(0.45, 0.75)
    b.box((wide + 0.04, 0.06, head), (0, long, head), body, round=0.03)
    if d.chance(0.5):
        b.box((wide + 0.04, 0.06, 0.32), (0, -long, 0.32), body, round=0.03)
    with b.pair("leg"):
        for y in (-long + 0.05, long - 0.05):
            b.box((0.07, 0.07, 0.16), (wide - 0.05, y, 0.16), body)
    b.part("mattress")
    b.box((wide - 0.02, long - 0.04, 0.12), (0, -0.02, 0.5), b.paint("white"), round=0.06)
    b.part("blanket")
    b.box((wide + 0.02, 0.66, 0.12), (0, -0.36, 0.52), blanket, round=0.06)
    pillow = b.other(blanket, 0.5, ("white", "beige", "light blue", "yellow"))
    pillows = 2 if double else 1
    for i in range(pillows):
        b.part("pillow")
        b.box((0.3, 0.2, 0.09), ((2 * i + 1 - pillows) * 0.35, 0.72, 0.66), pillow, round=0.08)
    b.has("blanket", "blankets", 1, blanket)
    b.has("pillow", "pillows", pillows, pillow)


@family("bench")
def bench(d: Dice, b: Build) -> None:
    b.noun("bench", "bench", "park bench")
    body = b.main(("brown", "beige", "green", "grey"), ("wooden", "stone", "metal"))
    second = b.other(body, 0.5, ("black", "grey", "brown", "silver"))
    wide, seat = d.real(0.9, 1.3), 0.5
    b.box((wide, 0.3, 0.06), (0, 0, seat), body, round=0.02)
    with b.pair("leg"):
        if d.chance(0.5):
            b.box((0.08, 0.27, seat / 2), (wide - 0.2, 0, seat / 2), second)
        else:
            for y in (-0.22, 0.22):
                b.pole((wide - 0.15, y, 0), (wide - 0.15, y, seat), 0.065, second)
    if d.chance(0.65):
        b.again("body")
        for z in (0.28, 0.56) if d.chance(0.6) else (0.3, 0.42, 0.54):
            b.box((wide, 0.05, 0.09), (0, 0.3 + 0.12 * z, seat + z), body)
        with b.pair("post"):
            b.beam((wide - 0.15, 0.27, seat), (wide - 0.15, 0.4, seat + 0.62), (0.06, 0.05), second)
        b.has("backrest", "backrests", 1)
    else:
        b.lacks("back")
    if wide > 1.15:
        b.say("long")
    b.has("leg", "legs", 0, second)
