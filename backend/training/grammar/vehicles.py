"""What drives, on wheels and rails. Front to −Y, wheels on the ground."""

from __future__ import annotations

from .build import Build
from .colours import Paint
from .dice import Dice
from .register import family


def wheels(
    b: Build, x: float, places: tuple[float, ...], radius: float, wide: float, tyre: Paint, hub: Paint,
    name: str = "wheel",
) -> None:  # fmt: skip
    for y in places:
        with b.pair(name):
            b.cylinder(radius, wide, (x, y, radius), tyre, turn=(0, 90, 0), round=0.03)
            b.cylinder(radius * 0.5, wide + 0.035, (x, y, radius), hub, turn=(0, 90, 0))


@family("car")
def car(d: Dice, b: Build) -> None:
    body = b.main(("red", "blue", "white", "black", "silver", "grey", "yellow"))
    glass = b.paint("light blue", "black", "dark blue")
    kind = d.pick(("car", "car", "van", "sports car", "pickup", "taxi"))
    long, wide = d.real(0.92, 1.1), d.real(0.42, 0.48)
    r = d.real(0.18, 0.22)
    low = r * 0.75
    names = {"car": ("car", "automobile", "sedan"), "van": ("van", "minivan"), "sports car": ("sports car", "race car"),
             "pickup": ("pickup truck", "pickup"), "taxi": ("car", "car")}  # fmt: skip
    b.noun(*names[kind])
    if kind == "sports car":
        b.box((wide + 0.02, long, 0.13), (0, 0, low + 0.15), body, round=0.1)
        b.part("cabin")
        b.gable((0.45, wide - 0.04, 0.13), (0, 0.15, low + 0.38), glass, top=0.5, turn=(0, 0, 90), round=0.04)
        b.part("spoiler")
        b.box((wide, 0.1, 0.04), (0, long - 0.08, low + 0.45), body)
        with b.pair():
            b.box((0.05, 0.06, 0.1), (wide - 0.12, long - 0.08, low + 0.35), body)
        b.has("spoiler", "spoilers", 1)
    elif kind == "van":
        b.box((wide, long, 0.4), (0, 0, low + 0.42), body, round=0.1)
        b.part("glass")
        b.box((wide + 0.02, 0.8 * long, 0.12), (0, -0.05, low + 0.58), glass)
        b.box((wide - 0.07, long + 0.015, 0.12), (0, 0, low + 0.58), glass)
    else:
        b.box((wide, long, 0.17), (0, 0, low + 0.18), body, round=0.09)
        back = 0.12 if kind != "pickup" else -0.2
        half = d.real(0.48, 0.56) if kind != "pickup" else 0.34
        b.part("glass")
        b.gable((half, wide - 0.04, 0.17), (0, back, low + 0.48), glass, top=0.6, turn=(0, 0, 90), round=0.02)
        b.again("body")
        b.box((wide - 0.03, half * 0.6, 0.045), (0, back, low + 0.65), body, round=0.03)
        with b.pair():
            b.box((0.05, 0.05, 0.17), (wide - 0.06, back, low + 0.48), body)
        if kind == "pickup":
            b.box((wide - 0.09, 0.4, 0.13), (0, long - 0.5, low + 0.37), body.shade(0.6), cut=True)
        if kind == "taxi":
            b.part("sign")
            sign = b.paint("white", "yellow")
            b.box((0.14, 0.08, 0.06), (0, back, low + 0.75), sign)
            b.has("sign on the roof", count=1, paint=sign)
        elif d.chance(0.2) and kind == "car":
            rack = b.other(body, 1.0, ("brown", "black", "red", "blue"))
            b.part("luggage")
            b.box((0.26, 0.22, 0.1), (0, back, low + 0.77), rack, round=0.04)
            b.has("luggage on the roof", paint=rack)
    tyre, hub = b.paint("black"), b.paint("silver", "white", "grey")
    wheels(b, wide, (-0.6 * long, 0.6 * long), r, 0.07, tyre, hub)
    with b.pair("headlight"):
        b.ball((0.08, 0.05, 0.07), (wide - 0.13, -long, low + 0.2), b.paint("yellow", "white"))
    if long > 1.05:
        b.say("long")
    b.has("wheel", "wheels", 4, tyre)
    b.has("window", "windows", 0, glass)


@family("truck")
def truck(d: Dice, b: Build) -> None:
    body = b.main(("red", "blue", "white", "yellow", "green", "orange"))
    load = b.other(body, 0.85, ("white", "grey", "brown", "blue", "silver", "yellow", "green"))
    kind = d.whole(0, 2)
    long = d.real(0.6, 0.9)
    r = 0.18
    b.noun(*(("truck", "lorry", "delivery truck"), ("dump truck", "tipper truck", "truck"), ("tank truck", "tanker"))[
        kind])  # fmt: skip
    b.box((0.42, 0.28, 0.4), (0, -long - 0.22, 0.58), body, round=0.06)
    b.part("glass")
    b.box((0.34, 0.05, 0.14), (0, -long - 0.49, 0.72), b.paint("light blue", "black"))
    b.box((0.44, 0.13, 0.12), (0, -long - 0.25, 0.72), b.paint("light blue", "black"))
    b.part("frame")
    b.box((0.32, long + 0.25, 0.06), (0, -0.1, 0.24), b.paint("black", "grey"))
    b.part("cargo")
    if kind == 0:
        b.box((0.44, long, 0.46), (0, 0.1, 0.78), load, round=0.02)
        b.has("container" if d.chance(0.5) else "cargo box", count=1, paint=load)
    elif kind == 1:
        b.box((0.44, long, 0.28), (0, 0.1, 0.6), load)
        b.box((0.37, long - 0.07, 0.24), (0, 0.1, 0.72), load.shade(0.7), cut=True)
        b.has("dump bed", count=1, paint=load)
        if d.chance(0.5):
            b.part("sand")
            sand = b.paint("beige", "brown", "grey")
            b.ball((0.36, long - 0.1, 0.3), (0, 0.1, 0.66), sand)
            b.has("sand" if sand.name == "beige" else "earth" if sand.name == "brown" else "gravel", verb="full of")
    else:
        b.cylinder(0.36, long, (0, 0.1, 0.66), load, turn=(90, 0, 0), round=0.08)
        b.has("tank", "tanks", 1, load)
    places = (-long - 0.2, long - 0.3, long - 0.02) if d.chance(0.6) else (-long - 0.2, long - 0.15)
    tyre = b.paint("black")
    wheels(b, 0.38, places, r, 0.07, tyre, b.paint("silver", "grey", "white"))
    b.has("wheel", "wheels", 2 * len(places), tyre)
    b.has("cab", "cabs", 1, body)
    if long > 0.8:
        b.say("long")


@family("bus")
def bus(d: Dice, b: Build) -> None:
    body = b.main(("yellow", "red", "white", "blue", "green"))
    decks = d.pick((1, 1, 2))
    long, wide = d.real(1.0, 1.3), 0.36
    b.noun(*(("double decker bus", "double-decker", "bus") if decks == 2 else ("bus", "coach", "school bus")))
    high = 0.36 if decks == 1 else 0.56
    b.box((wide, long, high), (0, 0, 0.16 + high), body, round=0.07)
    glass = b.paint("light blue", "black", "white")
    for i in range(decks):
        b.part("glass")
        z = 0.62 + 0.42 * i if decks == 2 else 0.6
        z = z - 0.08 if decks == 2 else z
        n = 5
        for k in range(n):
            y = (k - 2) * 0.36 * long
            b.box((wide + 0.02, 0.13 * long, 0.12), (0, y, z), glass)
        b.box((wide - 0.08, long + 0.015, 0.13), (0, 0, z), glass)
    tyre = b.paint("black")
    wheels(b, wide - 0.03, (-0.62 * long, 0.6 * long), 0.17, 0.07, tyre, b.paint("silver", "white"))
    if d.chance(0.4):
        stripe = b.other(body, 1.0, ("white", "black", "red", "blue", "yellow"))
        b.part("stripe")
        b.box((wide + 0.02, long + 0.01, 0.05), (0, 0, 0.34), stripe)
        b.has("stripe", "stripes", 1, stripe)
    with b.pair("headlight"):
        b.ball((0.06, 0.05, 0.06), (wide - 0.1, -long, 0.3), b.paint("yellow", "white"))
    if decks == 1:
        b.say("long" if long > 1.2 else "short" if long < 1.08 else "")
    b.has("wheel", "wheels", 4)
    b.has("window", "windows", 0, glass)


@family("train")
def train(d: Dice, b: Build) -> None:
    """A steam engine, or a wagon."""
    body = b.main(("black", "red", "green", "blue"), ("metal",))
    trim = b.other(body, 0.9, ("red", "golden", "black", "silver", "yellow"))
    if d.chance(0.65):
        b.noun("steam locomotive", "train", "locomotive", "steam engine")
        b.cylinder(0.32, 0.6, (0, -0.25, 0.62), body, turn=(90, 0, 0))
        b.again("body")
        b.box((0.4, 0.32, 0.5), (0, 0.62, 0.75), body, round=0.02)
        b.part("roof")
        roof = b.other(body, 0.7, ("red", "black", "grey", "golden"))
        b.box((0.46, 0.4, 0.05), (0, 0.62, 1.3), roof, round=0.03)
        b.part("window")
        b.box((0.42, 0.17, 0.15), (0, 0.62, 0.98), b.paint("light blue", "white"))
        b.part("frame")
        b.box((0.36, 1.0, 0.08), (0, -0.02, 0.28), trim)
        b.part("chimney")
        b.cylinder(0.1, 0.22, (0, -0.65, 1.06), trim, top=1.5)
        b.has("chimney", "chimneys", 1, trim)
        if d.chance(0.6):
            b.part("dome")
            b.ball(0.16, (0, -0.2, 0.92), trim)
        b.part("plough")
        b.gable((0.36, 0.16, 0.12), (0, -1.02, 0.14), trim, top=0.4)
        count = d.whole(2, 3)
        hub = b.other(body, 1.0, ("red", "silver", "golden", "grey"))
        places = tuple(-0.7 + 1.35 * i / (count - 1) for i in range(count))
        wheels(b, 0.36, places, 0.22, 0.06, b.other(hub, 1.0, ("black", "grey")), hub)
        b.has("wheel", "wheels", 2 * count)
        b.has("roof", "roofs", 1, roof)
    else:
        b.noun("train wagon", "railway carriage", "wagon", "train car")
        b.box((0.38, 1.0, 0.38), (0, 0, 0.68), body, round=0.03)
        b.part("roof")
        b.cylinder((0.41, 0.16), 1.03, (0, 0, 1.05), trim, turn=(90, 0, 0))
        glass = b.paint("light blue", "yellow", "white")
        b.part("window")
        for y in (-0.66, -0.22, 0.22, 0.66):
            b.box((0.4, 0.14, 0.13), (0, y, 0.78), glass)
        b.part("frame")
        b.box((0.3, 1.06, 0.06), (0, 0, 0.26), b.paint("black"))
        wheels(b, 0.3, (-0.75, -0.4, 0.4, 0.75), 0.15, 0.06, b.paint("black", "grey"), b.paint("silver"))
        b.has("roof", "roofs", 1, trim)
        b.has("window", "windows", 0, glass)
        b.has("wheel", "wheels", 8)


@family("tractor")
def tractor(d: Dice, b: Build) -> None:
    b.noun("tractor")
    body = b.main(("red", "green", "blue", "yellow"))
    hub = b.other(body, 0.9, ("yellow", "white", "red", "silver"))
    b.box((0.25, 0.5, 0.2), (0, -0.45, 0.58), body, round=0.05)
    b.again("body")
    b.box((0.34, 0.3, 0.13), (0, 0.35, 0.5), body)
    cabin = d.chance(0.7)
    glass = b.paint("light blue", "black")
    if cabin:
        b.part("cabin")
        b.box((0.3, 0.3, 0.3), (0, 0.33, 0.92), glass)
        b.part("roof")
        b.box((0.36, 0.38, 0.05), (0, 0.33, 1.26), b.other(body, 0.4, ("white", "black", "red")), round=0.03)
        b.has("cabin", "cabins", 1)
    else:
        b.part("seat")
        b.box((0.2, 0.16, 0.06), (0, 0.45, 0.7), b.paint("black", "brown"))
        b.box((0.2, 0.05, 0.16), (0, 0.6, 0.84), b.paint("black", "brown"))
        b.part("steering")
        b.pole((0, -0.1, 0.6), (0, 0.05, 0.95), 0.05, b.paint("black"))
        b.torus(0.13, 0.045, (0, 0.05, 0.95), b.paint("black"), turn=(35, 0, 0))
        b.lacks("cabin")
    b.part("exhaust")
    b.pole((0.12, -0.55, 0.7), (0.12, -0.55, 1.15), 0.05, b.paint("black", "silver", "grey"))
    big = d.real(0.4, 0.48)
    tyre = b.paint("black")
    b.part("axle")
    b.pole((-0.4, 0.38, big), (0.4, 0.38, big), 0.07, tyre)
    b.pole((-0.36, -0.72, 0.28), (0.36, -0.72, 0.28), 0.07, tyre)
    b.box((0.08, 0.08, 0.12), (0, -0.72, 0.36), tyre)
    wheels(b, 0.44, (0.38,), big, 0.12, tyre, hub, "rear wheel")
    wheels(b, 0.36, (-0.72,), 0.28, 0.09, tyre, hub)
    b.has("exhaust pipe", count=1)
    b.has("rear wheel", "rear wheels", 2, adjective="big")


@family("bicycle")
def bicycle(d: Dice, b: Build) -> None:
    kind = d.pick(("bicycle", "bicycle", "motorcycle", "scooter"))
    body = b.main(("red", "blue", "black", "green", "yellow"))
    tyre = b.other(body, 1.0, ("black", "grey", "brown", "white"))
    if kind == "motorcycle":
        b.noun("motorcycle", "motorbike")
        b.ball((0.16, 0.32, 0.16), (0, -0.18, 0.78), body)
        b.part("seat")
        seat = b.other(body, 1.0, ("black", "brown"))
        b.box((0.13, 0.34, 0.07), (0, 0.36, 0.74), seat, round=0.05)
        b.part("engine")
        b.box((0.17, 0.24, 0.18), (0, 0, 0.48), b.paint("silver", "grey"), round=0.04)
        for y in (-0.72, 0.66):
            b.part("wheel")
            b.torus(0.27, 0.09, (0, y, 0.36), tyre, turn=(0, 90, 0))
            b.cylinder(0.13, 0.07, (0, y, 0.36), b.paint("silver"), turn=(0, 90, 0))
        with b.pair():
            b.part("fork")
            b.rod((0.1, -0.72, 0.36), (0.1, -0.46, 1.0), 0.05, b.paint("silver", "grey"))
            b.rod((0.1, -0.46, 1.0), (0.36, -0.36, 1.06), 0.05, b.paint("black"))
        b.part("headlight")
        b.ball(0.11, (0, -0.62, 0.88), b.paint("yellow", "white"))
        b.beam((0, 0.1, 0.45), (0, 0.66, 0.36), (0.08, 0.05), b.paint("silver", "grey"))
        b.has("seat", "seats", 1, seat)
    elif kind == "scooter":
        b.noun("scooter", "kick scooter")
        b.box((0.16, 0.55, 0.045), (0, 0.05, 0.22), body, round=0.03)
        b.part("handlebar")
        b.rod((0, -0.55, 0.2), (0, -0.42, 1.15), 0.055, body)
        b.rod((-0.3, -0.42, 1.15), (0.3, -0.42, 1.15), 0.055, tyre)
        for y in (-0.6, 0.62):
            b.part("wheel")
            b.cylinder(0.16, 0.06, (0, y, 0.16), tyre, turn=(0, 90, 0), round=0.03)
        b.has("handlebar", "handlebars", 1, tyre)
    else:
        b.noun("bicycle", "bike", "bicycle")
        r = 0.4
        for y in (-0.68, 0.68):
            b.part("wheel")
            b.torus(r - 0.06, 0.06, (0, y, r), tyre, turn=(0, 90, 0))
            b.beam((0, y, 0.06), (0, y, 2 * r - 0.06), (0.035, 0.035), b.paint("silver"))
            b.beam((0, y - r + 0.06, r), (0, y + r - 0.06, r), (0.035, 0.035), b.paint("silver"))
        b.again("body")
        crank, top, head = (0, 0.08, 0.36), (0, 0.26, 0.92), (0, -0.48, 0.95)
        for p, q in ((crank, top), (crank, head), ((0, 0.24, 0.86), head), ((0, 0.68, r), crank),
                     ((0, 0.68, r), (0, 0.24, 0.86)), ((0, -0.68, r), (0, -0.45, 1.06))):  # fmt: skip
            b.rod(p, q, 0.05, body)
        b.part("saddle")
        saddle = b.other(body, 1.0, ("black", "brown", "white"))
        b.ball((0.12, 0.19, 0.06), (0, 0.28, 0.98), saddle)
        b.part("handlebar")
        b.rod((-0.3, -0.4, 1.08), (0.3, -0.4, 1.08), 0.05, saddle)
        with b.pair("pedal"):
            b.box((0.1, 0.07, 0.04), (0.14, 0.08, 0.36), b.paint("black"))
        b.has("saddle", "saddles", 1, saddle)
        if d.chance(0.35):
            basket = b.other(body, 1.0, ("brown", "beige", "white"))
            b.part("basket")
            b.box((0.2, 0.14, 0.14), (0, -0.68, 1.02), basket, top=1.0)
            b.has("basket", "baskets", 1, basket)
            b.first()
    b.has("wheel", "wheels", 2, tyre)
