"""What things are kept and carried in."""

from __future__ import annotations

from .build import Build
from .dice import Dice
from .register import family


@family("barrel")
def barrel(d: Dice, b: Build) -> None:
    b.noun("barrel", "cask", "keg")
    body = b.main(("brown", "beige", "blue"), ("wooden", "metal"))
    ring = b.other(body, 0.9, ("black", "grey", "silver", "golden"))
    half, lying = d.real(0.6, 0.8), d.chance(0.2)
    turn = (90, 0, 0) if lying else ()

    def at(z: float) -> tuple[float, float, float]:
        return (0, -z, 0) if lying else (0, 0, z)

    for s in (-1, 1):  # two frusta that are widest in the middle
        tops = 0.8 if s > 0 else 1.25
        b.cylinder(0.55 if s > 0 else 0.44, half / 2, at(s * half / 2), body, top=tops, turn=turn)
    count = d.one(2, 3)
    for z in (-0.55, 0.55) if count == 2 else (-0.65, 0.0, 0.65):
        b.part("ring")
        b.torus(0.55 - 0.11 * abs(z), 0.05, at(z * half), ring, turn=turn)
    b.has("ring", "rings", count, ring)
    if lying:
        b.say("lying")
    elif half > 0.73:
        b.say("tall")


@family("box")
def box(d: Dice, b: Build) -> None:
    """A parcel, an open carton, or a present with a bow."""
    kind = d.whole(0, 2)
    wide, deep, high = d.real(0.6, 1), d.real(0.5, 0.7), d.real(0.4, 0.8)
    if kind == 0:
        body = b.main(("brown", "beige"), ("cardboard", "wooden"))
        b.noun("box", "box", "crate")
        b.say("open")
        b.box((wide, deep, high), (0, 0, high), body)
        b.box((wide - 0.08, deep - 0.08, high), (0, 0, high + 0.09), body.shade(0.85), cut=True)
        if d.chance(0.6):
            b.part("flap")
            b.beam((0, -deep, 2 * high), (0, -deep - 0.3, 2 * high + 0.1), (wide, 0.04), body)
            b.part("flap")
            b.beam((0, deep, 2 * high), (0, deep + 0.3, 2 * high + 0.1), (wide, 0.04), body)
            b.has("flap", "flaps", 2)
    elif kind == 1:
        b.noun("present", "gift box", "gift")
        body = b.main(("red", "blue", "green", "white"))
        ribbon = b.other(body, 1.0, ("golden", "red", "white", "yellow", "green", "pink"))
        b.box((wide, deep, high), (0, 0, high), body, round=0.02)
        b.part("ribbon")
        b.box((0.1, deep + 0.03, high + 0.03), (0, 0, high), ribbon)
        b.box((wide + 0.03, 0.1, high + 0.03), (0, 0, high), ribbon)
        with b.pair("bow"):
            b.torus((0.2, 0.13), 0.06, (0.2, 0, 2 * high + 0.1), ribbon, turn=(90, -25, 0))
        b.has("ribbon", "ribbons", 1, ribbon)
        b.has("bow", "bows", 1, ribbon)
    else:
        b.noun("crate", "wooden crate", "box")
        body = b.main(("brown", "beige"))
        b.box((wide, wide, wide), (0, 0, wide), body)
        frame = b.other(body, 0.5, ("dark red", "black", "white", "beige", "brown"))
        b.part("frame")
        for sx in (-1, 1):
            for sy in (-1, 1):
                b.box((0.1, 0.1, wide + 0.04), (sx * (wide - 0.05), sy * (wide - 0.05), wide), frame)
                b.box((0.1, wide + 0.04, 0.1), (sx * (wide - 0.05), 0, wide + sy * (wide - 0.05)), frame)
                b.box((wide + 0.04, 0.1, 0.1), (0, sx * (wide - 0.05), wide + sy * (wide - 0.05)), frame)
        b.has("frame", "frames", 1, frame)
    if kind < 2:
        b.say("wide" if wide / high > 1.9 else "tall" if wide / high < 1 else "")


@family("chest")
def chest(d: Dice, b: Build) -> None:
    b.noun("treasure chest", "chest", "trunk")
    body = b.main(("brown",), ("wooden",), faithful=0.7)
    trim = b.other(body, 1.0, ("golden", "grey", "black", "silver"))
    wide = d.real(0.8, 1)
    is_open = d.chance(0.4)
    b.box((wide, 0.5, 0.35), (0, 0, 0.35), body)
    if is_open:
        b.box((wide - 0.1, 0.4, 0.3), (0, 0, 0.62), body.shade(0.6), cut=True)
        b.part("lid")
        b.cylinder((0.5, 0.2), wide, (0, 0.72, 0.84), body, turn=(90, 0, 90), round=0.05)
        gold = b.paint("golden")
        b.part("gold")
        b.ball((wide - 0.14, 0.38, 0.24), (0, 0, 0.62), gold)
        b.say("open")
        b.has("gold", paint=None, verb="full of")
    else:
        b.part("lid")
        b.cylinder((0.5, 0.3), wide, (0, 0, 0.7), body, turn=(90, 0, 90))
        b.say("closed")
    for x in (-0.75 * wide, 0.75 * wide):
        b.part("band")
        b.box((0.08, 0.53, 0.36), (x, 0, 0.36), trim)
        if not is_open:
            b.cylinder((0.53, 0.33), 0.08, (x, 0, 0.7), trim, turn=(90, 0, 90))
    b.part("lock")
    b.box((0.12, 0.06, 0.14), (0, -0.52, 0.6), trim)
    b.has("band", "bands", 2, trim)
    b.has("lock", "locks", 1, trim)


@family("basket")
def basket(d: Dice, b: Build) -> None:
    b.noun("basket", "wicker basket")
    body = b.main(("brown", "beige", "white"))
    long = d.real(0.75, 1)
    b.cylinder((0.6 * long + 0.2, 0.55), 0.32, (0, 0, 0.32), body, top=1.25)
    b.cylinder((0.6 * long + 0.1, 0.45), 0.32, (0, 0, 0.62), body.shade(0.8), top=1.28, cut=True)
    b.part("handle")
    handle = b.other(body, 0.3, ("brown", "red", "white", "blue"))
    b.torus((0.7 * long + 0.2, 0.85), 0.065, (0, 0, 0.55), handle, arc=180, turn=(90, 0, 0))
    b.has("handle", "handles", 1, handle)
    inside = d.whole(0, 2)
    if inside:
        hue = b.paint(*(("red", "green", "orange", "yellow") if inside == 1 else ("white", "beige", "light blue")))
        for x, y in ((-0.38, -0.1), (0.38, -0.1), (0, 0.15), (0, -0.28)):
            b.part("fruit")
            size = 0.28 if inside == 1 else (0.2, 0.2, 0.27)
            b.ball(size, (x * long, y, 0.62), hue)
        noun = ("apple", "apples") if hue.name in ("red", "green") else ("fruit", "fruits")
        b.has(*(noun if inside == 1 else ("egg", "eggs")), 4, hue, parts="fruit")
    else:
        b.say("empty")


@family("bag")
def bag(d: Dice, b: Build) -> None:
    """A handbag, a suitcase or a backpack."""
    kind = d.whole(0, 2)
    body = b.main(("brown", "black", "red", "blue"), ("leather", "fabric") if kind != 1 else ("leather", "metal"))
    trim = b.other(body, 0.6)
    if kind == 0:
        b.noun("handbag", "bag", "purse")
        b.box((0.7, 0.28, 0.5), (0, 0, 0.5), body, round=0.1, top=d.real(0.75, 0.95))
        b.part("handle")
        b.torus((0.36, 0.5), 0.065, (0, 0, 0.95), trim, arc=180, turn=(90, 0, 0))
        b.has("handle", "handles", 1, trim)
        clasp = b.paint("golden", "silver")
        b.part("clasp")
        b.box((0.13, 0.06, 0.1), (0, -0.26, 0.7), clasp)
        b.has("clasp", "clasps", 1, clasp)
    elif kind == 1:
        b.noun("suitcase", "briefcase", "luggage")
        wide, high = d.real(0.75, 1.0), d.real(0.5, 0.65)
        b.box((wide, 0.26, high), (0, 0, high), body, round=0.08)
        b.part("handle")
        b.torus((0.22, 0.2), 0.06, (0, 0, 2 * high), trim, arc=180, turn=(90, 0, 0))
        b.has("handle", "handles", 1, trim)
        for x in (-0.55 * wide, 0.55 * wide):
            b.part("strap")
            b.box((0.09, 0.29, high + 0.03), (x, 0, high), trim)
        b.has("strap", "straps", 2, trim)
    else:
        b.noun("backpack", "rucksack", "school bag")
        b.box((0.55, 0.32, 0.7), (0, 0, 0.7), body, round=0.22)
        b.part("pocket")
        b.box((0.4, 0.16, 0.28), (0, -0.36, 0.42), trim, round=0.1)
        b.has("pocket", "pockets", 1, trim)
        with b.pair("strap"):
            b.torus((0.2, 0.5), 0.07, (0.28, 0.36, 0.7), trim, arc=200, turn=(0, 90, 90))
        b.has("strap", "straps", 2, trim)
        b.part("loop")
        b.torus((0.16, 0.16), 0.05, (0, 0.1, 1.38), trim, arc=180, turn=(90, 0, 0))
