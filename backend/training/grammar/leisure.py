"""Instruments, sports and toys."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family


@family("ball")
def ball(d: Dice, b: Build) -> None:
    kind = d.pick(("football", "basketball", "beach ball", "ball"))
    if kind == "football":
        b.noun("football", "soccer ball", "ball")
        body = b.main(("white",), faithful=0.7)
        hue = b.other(body, 1.0, ("black", "black", "blue", "red"))
        b.ball(1, (0, 0, 0), body)
        for i in range(12):  # the faces of a dodecahedron lie near a golden spiral of twelve points
            z = 1 - (2 * i + 1) / 12
            a, s = 2.39996 * i, math.sqrt(1 - z * z)
            b.part("patch")
            b.ball(0.26, (0.8 * s * math.cos(a), 0.8 * s * math.sin(a), 0.8 * z), hue)
        b.has("patch", "patches", 0, hue)
    elif kind == "basketball":
        b.noun("basketball", "ball")
        body = b.main(("orange", "orange", "brown"), faithful=0.7)
        line = b.other(body, 1.0, ("black", "black", "white"))
        b.ball(1, (0, 0, 0), body)
        b.part("line")
        b.torus(0.985, 0.05, (0, 0, 0), line)
        b.torus(0.985, 0.05, (0, 0, 0), line, turn=(90, 0, 0))
        b.torus(0.985, 0.05, (0, 0, 0), line, turn=(0, 90, 0))
        b.has("line", "lines", 0, line)
    elif kind == "beach ball":
        b.noun("ball", "striped ball", "beach ball")
        body = b.main()
        b.ball(1, (0, 0, 0), body)
        count = d.whole(1, 3)
        hue = b.other(body, 1.0)
        for i in range(count):
            z = (i - (count - 1) / 2) * 0.6
            r = math.sqrt(1 - z * z)
            b.part("stripe")
            b.cylinder(r + 0.035, 0.12, (0, 0, z), hue, top=1.0)
        b.has("stripe", "stripes", count, hue)
    else:
        b.noun("ball", "toy ball")
        body = b.main()
        b.ball(1, (0, 0, 0), body)
        b.say("round")


@family("dumbbell")
def dumbbell(d: Dice, b: Build) -> None:
    b.noun("dumbbell", "barbell" if (long := d.chance(0.35)) else "weight")
    body = b.main(("black", "grey", "silver", "red", "blue"), ("iron", "metal"))
    bar = b.other(body, 0.8, ("silver", "grey", "black"))
    half = d.real(0.8, 1.0) if long else d.real(0.35, 0.45)
    round_one = not long and d.chance(0.35)
    plates = 1 if round_one else d.whole(1, 2)
    for i in range(plates):
        with b.pair("plate" if i else "body"):
            if round_one:
                b.ball(0.3, (half + 0.12, 0, 0), body)
            else:
                r = 0.36 - 0.1 * i
                b.cylinder(r, 0.09, (half + 0.08 + 0.17 * i, 0, 0), body, turn=(0, 90, 0), round=0.03)
    b.part("bar")
    b.pole((-half - 0.3, 0, 0), (half + 0.3, 0, 0), 0.075, bar)
    b.has("bar", "bars", 1, bar, "long" if long else "short")
    if not round_one:
        b.has("plate", "plates", 2 * plates, parts="body,plate")
    else:
        b.has("ball", "balls", 2, parts="body")


@family("trophy")
def trophy(d: Dice, b: Build) -> None:
    b.noun("trophy", "cup trophy", "winner's cup")
    body = b.main(("golden", "golden", "silver", "brown"), ("golden", "silver"), faithful=0.7)
    base = b.other(body, 0.95, ("black", "brown", "white", "dark red", "grey"))
    high = d.real(0.35, 0.55)
    b.cylinder(0.25, high, (0, 0, 0.7 + high), body, top=1.75)
    b.again("body")
    b.dome((0.25, 0.25, 0.2), (0, 0, 0.73), body, turn=(180, 0, 0))
    b.cylinder(0.2, high, (0, 0, 0.8 + high), body.shade(0.8), top=1.85, cut=True)
    b.pole((0, 0, 0.2), (0, 0, 0.65), 0.075, body)
    b.ball(0.11, (0, 0, 0.42), body)
    b.part("base")
    b.box((0.3, 0.3, 0.13), (0, 0, 0.13), base, top=0.9)
    if d.chance(0.75):
        with b.pair("handle"):
            b.torus((0.2, 0.27), 0.055, (0.42, 0, 0.75 + high), body, turn=(90, 0, 0))
        b.cylinder(0.2, high, (0, 0, 0.8 + high), body.shade(0.8), top=1.85, cut=True)
        b.has("handle", "handles", 2)
    else:
        b.lacks("handles")
    b.has("base", "bases", 1, base)
    b.say("tall" if high > 0.5 else "")


@family("skateboard")
def skateboard(d: Dice, b: Build) -> None:
    b.noun("skateboard", "longboard" if (long := d.chance(0.35)) else "skate board")
    body = b.main(("red", "blue", "black", "green", "orange"), ("wooden",))
    wheel = b.other(body, 0.95, ("white", "black", "yellow", "red", "light blue"))
    half = 0.95 if long else 0.7
    b.box((half, 0.25, 0.04), (0, 0, 0.3), body, round=0.03)
    with b.pair():
        b.beam((half - 0.03, 0, 0.3), (half + 0.2, 0, 0.38), (0.25, 0.045), body)
    with b.pair("axle"):
        b.pole((half * 0.75, -0.25, 0.13), (half * 0.75, 0.25, 0.13), 0.05, b.paint("silver", "grey"))
        b.box((0.09, 0.09, 0.09), (half * 0.75, 0, 0.2), b.paint("silver", "grey"))
    with b.pair():
        for y in (-0.22, 0.22):
            b.part("wheel")
            b.cylinder(0.13, 0.075, (half * 0.75, y, 0.13), wheel, turn=(90, 0, 0), round=0.03)
    b.has("wheel", "wheels", 4, wheel)
    b.say("long" if long else "short")


@family("bowling pin")
def bowling_pin(d: Dice, b: Build) -> None:
    b.noun("bowling pin", "skittle", "ninepin")
    body = b.main(("white", "white", "red", "yellow"), ("wooden",), faithful=0.6)
    stripe = b.other(body, 1.0, ("red", "blue", "black", "green"))
    fat = d.real(0.3, 0.4)
    b.say("fat" if fat > 0.37 else "thin" if fat < 0.33 else "")
    b.rod((0, 0, 0.45), (0, 0, 1.25), fat, body, taper=0.45)
    b.again("body")
    b.cylinder(0.6 * fat, 0.3, (0, 0, 0.3), body, top=1.55)
    b.ball((0.2, 0.2, 0.24), (0, 0, 1.55), body)
    count = d.whole(1, 2)
    for i in range(count):
        b.part("stripe")
        b.torus(0.19, 0.05, (0, 0, 1.3 - 0.15 * i), stripe)
    b.has("stripe", "stripes", count, stripe)


@family("chess piece")
def chess_piece(d: Dice, b: Build) -> None:
    kind = d.pick(("pawn", "rook", "bishop", "king"))
    b.noun(f"chess {kind}", kind if kind in ("pawn",) else f"{kind} chess piece", "chess piece")
    body = b.main(("white", "black", "beige", "brown"), ("wooden", "stone", "glass"))
    high = {"pawn": 0.5, "rook": 0.6, "bishop": 0.8, "king": 0.95}[kind]
    b.cylinder(0.42, 0.1, (0, 0, 0.1), body, round=0.05)
    b.again("body")
    b.cylinder(0.34, 0.08, (0, 0, 0.25), body, round=0.04)
    b.cylinder(0.29, high / 2, (0, 0, 0.25 + high / 2), body, top=0.62 if kind != "rook" else 0.85)
    top = 0.25 + high
    b.cylinder(0.27, 0.05, (0, 0, top), body, round=0.03)
    if kind == "pawn":
        b.ball(0.27, (0, 0, top + 0.24), body)
        b.has("ball on top", count=1)
    elif kind == "rook":
        b.cylinder(0.32, 0.16, (0, 0, top + 0.15), body)
        b.cylinder(0.21, 0.14, (0, 0, top + 0.25), body.shade(0.8), cut=True)
        b.box((0.4, 0.075, 0.08), (0, 0, top + 0.28), body, cut=True)
        b.box((0.075, 0.4, 0.08), (0, 0, top + 0.28), body, cut=True)
        b.has("battlements")
    elif kind == "bishop":
        b.ball((0.23, 0.23, 0.34), (0, 0, top + 0.3), body)
        b.box((0.3, 0.3, 0.035), (0.2, 0, top + 0.42), body.shade(0.6), turn=(0, -40, 0), cut=True)
        b.ball(0.08, (0, 0, top + 0.66), body)
        b.has("slit", count=1)
    else:
        b.cylinder(0.19, 0.17, (0, 0, top + 0.18), body, top=1.4)
        b.box((0.055, 0.05, 0.17), (0, 0, top + 0.5), body)
        b.box((0.14, 0.05, 0.05), (0, 0, top + 0.53), body)
        b.has("cross", "crosses", 1)


@family("toy block")
def toy_block(d: Dice, b: Build) -> None:
    """A building brick with studs, or a die."""
    if d.chance(0.6):
        b.noun("toy brick", "building brick", "building block")
        body = b.main(("red", "blue", "yellow", "green", "white"), ("plastic",))
        nx, ny = d.whole(1, 4), d.whole(1, 2)
        flat = d.chance(0.35)
        half = 0.13 if flat else 0.35
        b.box((0.35 * nx, 0.35 * ny, half), (0, 0, half), body, round=0.02)
        for i in range(nx):
            for j in range(ny):
                b.part("stud")
                b.cylinder(0.21, 0.11, (0.7 * i - 0.35 * (nx - 1), 0.7 * j - 0.35 * (ny - 1), 2 * half + 0.08), body)
        b.has("stud", "studs", nx * ny)
        b.say("flat" if flat else "")
        b.say("long" if nx >= 3 else "")
        return
    b.noun("die", "dice", "die")
    body = b.main(("white", "red", "black", "blue"), ("plastic", "wooden"))
    dot = b.other(body, 1.0, ("black", "white", "golden"))
    b.box((0.7, 0.7, 0.7), (0, 0, 0), body, round=0.12)
    faces = {(0, -1, 0): 5, (0, 1, 0): 2, (0, 0, 1): 6, (0, 0, -1): 1, (-1, 0, 0): 4, (1, 0, 0): 3}
    for (x, y, z), value in faces.items():
        u, v = ((1, 0, 0), (0, 0, 1)) if y else ((1, 0, 0), (0, 1, 0)) if z else ((0, 1, 0), (0, 0, 1))
        spots = {1: [(0, 0)], 2: [(-1, -1), (1, 1)], 3: [(-1, -1), (0, 0), (1, 1)],
                 4: [(-1, -1), (1, 1), (-1, 1), (1, -1)], 5: [(-1, -1), (1, 1), (-1, 1), (1, -1), (0, 0)],
                 6: [(-1, -1), (-1, 0), (-1, 1), (1, -1), (1, 0), (1, 1)]}[value]  # fmt: skip
        for s, t in spots:
            b.part("dot")
            at = [0.69 * n + 0.36 * s * a + 0.36 * t * c for n, a, c in zip((x, y, z), u, v, strict=True)]
            b.ball([0.05 if n else 0.13 for n in (x, y, z)], at, dot)
    b.has("dot", "dots", 0, dot)
