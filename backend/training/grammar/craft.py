"""What flies and floats. Front to −Y."""

from __future__ import annotations

import math

from .build import Build
from .dice import Dice
from .register import family


@family("aeroplane")
def aeroplane(d: Dice, b: Build) -> None:
    b.noun("airplane", "plane", "aeroplane", "aircraft")
    body = b.main(("white", "silver", "red", "blue", "yellow"), ("metal",))
    wing = b.other(body, 0.45, ("red", "blue", "white", "grey", "yellow"))
    propeller = d.chance(0.5)
    z = 0.5
    span = d.real(0.85, 1.1)
    if propeller:
        b.rod((0, -0.5, z), (0, 0.75, z + 0.08), 0.2, body, taper=0.45)
        double = d.chance(0.35)
        for i in range(1 + double):
            with b.pair("wing"):
                b.box((span / 2, 0.2, 0.045), (span / 2 - 0.02, -0.22, z - 0.12 + 0.42 * i), wing, round=0.04)
        if double:
            b.words.nouns = ("biplane", "propeller plane", "airplane")
            with b.pair("strut"):
                b.pole((span * 0.7, -0.22, z - 0.12), (span * 0.7, -0.22, z + 0.3), 0.045, body)
        else:
            b.words.nouns = ("airplane", "propeller plane", "plane")
        b.part("propeller")
        prop = b.other(body, 1.0, ("black", "brown", "silver", "yellow"))
        b.box((0.36, 0.04, 0.055), (0, -0.73, z), prop, turn=(0, 30, 0), round=0.03)
        b.ball((0.08, 0.12, 0.08), (0, -0.74, z), prop)
        b.has("propeller", "propellers", 1, prop)
        b.part("glass")
        b.ball((0.12, 0.2, 0.12), (0, -0.08, z + 0.2), b.paint("light blue", "black"))
        with b.pair("wheel"):
            b.rod((0.12, -0.3, z - 0.1), (0.25, -0.34, 0.14), 0.045, body)
            b.cylinder(0.12, 0.05, (0.25, -0.34, 0.12), b.paint("black"), turn=(0, 90, 0))
        if double:
            b.has("double wings", paint=wing)
        else:
            b.has("wing", "wings", 2, wing)
    else:
        b.rod((0, -0.85, z), (0, 0.95, z), 0.17, body)
        b.words.nouns = ("airplane", "jet", "airliner", "plane")
        with b.pair("wing"):
            b.beam((0.1, -0.12, z - 0.06), (span, 0.32, z + 0.02), (0.045, 0.17), wing)
        engines = d.pick((2, 2, 4))
        hue = b.other(body, 0.6, ("grey", "red", "silver", "blue"))
        for i in range(engines // 2):
            x = (0.38, 0.68)[i]
            with b.pair("engine"):
                b.cylinder(0.09, 0.17, (x, -0.1 + 0.45 * (x - 0.3), z - 0.16), hue, turn=(90, 0, 0), round=0.03)
        b.has("engine", "engines", engines, hue)
        b.part("cockpit")
        b.box((0.11, 0.08, 0.05), (0, -0.92, z + 0.08), b.paint("black", "light blue"), round=0.03)
        b.has("wing", "wings", 2, wing)
    y = 0.68 if propeller else 0.95
    b.part("tail")
    b.gable((0.2, 0.045, 0.2), (0, y, z + 0.28), wing, top=0.55, turn=(0, 0, 90))
    b.box((0.36, 0.13, 0.04), (0, y, z + 0.1), wing, round=0.03)
    b.has("tail", "tails", 1, wing)
    if span > 1.03:
        b.say("wide")


@family("helicopter")
def helicopter(d: Dice, b: Build) -> None:
    b.noun("helicopter", "chopper")
    body = b.main(("red", "yellow", "green", "blue", "white"))
    rotor = b.other(body, 1.0, ("black", "grey", "white", "silver"))
    b.ball((0.32, 0.5, 0.34), (0, -0.2, 0.55), body)
    b.part("glass")
    b.ball((0.27, 0.3, 0.27), (0, -0.43, 0.58), glass := b.paint("light blue", "black", "dark blue"))
    b.part("tail")
    b.rod((0, 0.2, 0.62), (0, 1.05, 0.75), 0.12, body, taper=0.6)
    b.box((0.045, 0.12, 0.18), (0, 1.08, 0.88), body, top=0.6)
    b.part("tail rotor")
    b.box((0.04, 0.045, 0.24), (0.09, 1.06, 0.8), rotor)
    b.part("mast")
    b.pole((0, -0.15, 0.8), (0, -0.15, 1.05), 0.06, rotor)
    blades = d.pick((2, 3, 4))
    turn = d.real(0, 360)
    for i in range(blades):
        a = math.radians(turn + 360 * i / blades)
        b.part("blade")
        b.beam((0, -0.15, 1.06), (0.85 * math.sin(a), -0.15 + 0.85 * math.cos(a), 1.06), (0.07, 0.035), rotor)
    with b.pair("skid"):
        b.rod((0.26, -0.6, 0.06), (0.26, 0.3, 0.06), 0.05, rotor)
        for y in (-0.35, 0.05):
            b.rod((0.15, y, 0.35), (0.26, y, 0.06), 0.045, rotor)
    b.has("rotor blade", "rotor blades", blades, rotor, parts="blade")
    b.has("cockpit", "cockpits", 1, glass)
    b.has("skid", "skids", 0)


@family("boat")
def boat(d: Dice, b: Build) -> None:
    """A rowing boat, a sailing boat or a steamer."""
    kind = d.whole(0, 2)
    body = b.main(("brown", "red", "white", "blue"), ("wooden",))
    long, wide, high = d.real(0.85, 1.05), d.real(0.3, 0.4), 0.2
    # the hull: half an ellipsoid, its stern cut square
    b.ball((wide, long, 2 * high), (0, 0, 2 * high), body)
    b.box((1, 1.2, 0.4), (0, 0, 2 * high + 0.4), body, cut=True)
    b.box((1, 0.3, 0.6), (0, long * 0.8 + 0.3, 0.4), body, cut=True)
    if kind == 0:
        b.noun("rowing boat", "boat", "canoe")
        b.ball((wide - 0.09, long - 0.1, 2 * high - 0.1), (0, 0, 2 * high + 0.02), body.shade(0.8), cut=True)
        seats = d.whole(1, 3)
        for i in range(seats):
            b.part("seat")
            b.box((wide - 0.03, 0.08, 0.035), (0, (i - (seats - 1) / 2) * 0.45, 1.65 * high), body.shade(0.9))
        b.has("seat", "seats", seats)
        if d.chance(0.7):
            oar = b.other(body, 1.0, ("beige", "brown", "white", "yellow", "red"))
            with b.pair("oar"):
                b.rod((0.1, 0, 2.4 * high), (0.8, 0.1, 0.25), 0.045, oar)
                b.box((0.045, 0.09, 0.15), (0.82, 0.1, 0.22), oar, turn=(0, -50, 0))
            b.has("oar", "oars", 2, oar)
            b.first()
        return
    if kind == 1:
        b.noun("sailing boat", "sailboat", "boat", "yacht")
        sail = b.other(body, 0.95, ("white", "white", "red", "blue", "yellow", "orange"))
        mast = b.other(body, 0.6, ("brown", "beige", "white", "black"))
        up = d.real(1.1, 1.5)
        b.part("mast")
        b.pole((0, -0.1, high), (0, -0.1, 2 * high + up), 0.05, mast)
        sails = d.whole(1, 2)
        b.part("sail")  # a right-angled triangle: half of a gable, the other half carved off
        b.gable((0.62, 0.035, up / 2 - 0.08), (0, -0.04, 2 * high + up / 2 + 0.02), sail, turn=(0, 0, 90))
        b.box((0.06, 0.6, up), (0, -0.7, 2 * high + up / 2 + 0.3), sail, cut=True)
        if sails == 2:
            b.part("sail")
            b.gable((0.55, 0.035, 0.4 * up), (0, -0.18, 2 * high + 0.42 * up), sail, turn=(0, 0, 90))
        b.part("mast")
        b.pole((0, -0.1, high), (0, -0.1, 2 * high + up), 0.05, mast)
        b.has("sail", "sails", sails, sail)
        b.has("mast", "masts", 1, mast)
        if up > 1.38:
            b.say("tall")
        return
    b.noun("ship", "steamboat", "boat", "ferry")
    cabin = b.other(body, 0.95, ("white", "beige", "yellow", "light blue"))
    b.part("cabin")
    b.box((wide - 0.1, 0.42, 0.13), (0, 0.08, 2 * high + 0.13), cabin)
    b.box((wide - 0.15, 0.28, 0.11), (0, 0.05, 2 * high + 0.35), cabin)
    count = d.whole(1, 3)
    funnel = b.other(body, 0.9, ("red", "black", "yellow", "orange", "blue"))
    for i in range(count):
        b.part("funnel")
        b.cylinder(0.09, 0.2, (0, 0.05 + (i - (count - 1) / 2) * 0.25, 2 * high + 0.6), funnel)
    b.has("funnel" if d.chance(0.5) else "chimney", "funnels", count, funnel, parts="funnel")
    b.has("cabin", "cabins", 1, cabin)


@family("rocket")
def rocket(d: Dice, b: Build) -> None:
    b.noun("rocket", "space rocket", "spaceship")
    body = b.main(("white", "red", "silver", "blue"), ("metal",))
    trim = b.other(body, 0.95, ("red", "blue", "orange", "black", "yellow", "green"))
    high = d.real(0.55, 0.8)
    b.say("tall" if high > 0.73 else "short" if high < 0.62 else "")
    r = 0.3
    b.cylinder(r, high, (0, 0, 0.25 + high), body, top=1.0)
    b.part("nose")
    up = d.real(0.5, 0.75)
    if d.chance(0.5):
        b.cylinder(r, up / 2, (0, 0, 0.24 + 2 * high + up / 2), trim, top=0.05)
    else:
        b.dome((r, r, up), (0, 0, 0.24 + 2 * high), trim)
    fins = d.pick((3, 4))
    for i in range(fins):
        a = 360 * i / fins + (45 if fins == 4 else 0)
        x, y = math.sin(math.radians(a)), -math.cos(math.radians(a))
        b.part("fin")
        b.gable((0.4, 0.045, 0.3), (0.28 * x, 0.28 * y, 0.32), trim, top=0.45, turn=(0, 0, a - 90))
    b.part("nozzle")
    b.cylinder(0.24, 0.12, (0, 0, 0.14), b.paint("grey", "black"), top=0.7)
    windows = d.whole(1, 3)
    pane = b.paint("light blue", "blue", "yellow", "black")
    for i in range(windows):
        b.part("window")
        b.cylinder(0.1, 0.06, (0, -r, 0.05 + 2 * high - 0.32 * i), pane, turn=(90, 0, 0), round=0.02)
    b.has("fin", "fins", fins, trim)
    b.has("nose", "noses", 1, trim)
    b.has("window", "windows", windows, pane)


@family("submarine")
def submarine(d: Dice, b: Build) -> None:
    b.noun("submarine")
    body = b.main(("yellow", "grey", "red", "blue"), ("metal",))
    trim = b.other(body, 0.6, ("red", "blue", "black", "orange", "white"))
    b.ball((0.32, 0.95, 0.34), (0, 0, 0.4), body)
    b.part("tower")
    b.cylinder((0.17, 0.27), 0.2, (0, -0.05, 0.8), trim, round=0.05)
    b.part("periscope")
    b.pole((0, -0.05, 0.9), (0, -0.05, 1.25), 0.05, trim)
    b.pole((0, -0.01, 1.22), (0, -0.22, 1.22), 0.06, trim)
    pane = b.paint("light blue", "yellow", "white")
    with b.pair():
        for y in (-0.4, 0.0, 0.4):
            b.part("window")
            b.cylinder(0.09, 0.06, (0.3 if y == 0 else 0.28, y, 0.46), pane, turn=(0, 90, 0))
    b.part("rudder")
    b.box((0.35, 0.12, 0.045), (0, 0.85, 0.4), trim)
    b.box((0.045, 0.12, 0.35), (0, 0.85, 0.4), trim)
    b.part("propeller")
    b.cylinder(0.13, 0.05, (0, 1.0, 0.4), b.paint("golden", "grey"), turn=(90, 0, 0))
    b.has("window", "windows", 0, pane, "round")
    b.has("periscope", "periscopes", 1, trim)


@family("balloon")
def balloon(d: Dice, b: Build) -> None:
    """A hot-air balloon."""
    b.noun("hot air balloon", "balloon", "hot-air balloon")
    body = b.main(("red", "blue", "yellow", "orange", "green"))
    stripe = b.other(body, 0.7)
    b.ball(0.75, (0, 0, 1.5), body)
    b.again("body")
    b.cylinder(0.25, 0.25, (0, 0, 0.85), body, top=2.35)
    if stripe.name != body.name:
        b.part("stripe")
        z = d.real(-0.1, 0.2)
        b.cylinder(0.76, 0.13, (0, 0, 1.5 + z), stripe)
        b.has("stripe", "stripes", 1, stripe)
    basket = b.other(body, 1.0, ("brown", "beige", "black"))
    b.part("basket")
    b.box((0.2, 0.2, 0.15), (0, 0, 0.15), basket)
    b.box((0.13, 0.13, 0.12), (0, 0, 0.28), basket.shade(0.7), cut=True)
    for x in (-0.16, 0.16):
        for y in (-0.16, 0.16):
            b.part("rope")
            b.pole((x, y, 0.25), (1.15 * x, 1.15 * y, 0.75), 0.04, basket)
    b.has("basket", "baskets", 1, basket)


@family("flying saucer")
def flying_saucer(d: Dice, b: Build) -> None:
    b.noun("flying saucer", "ufo", "alien spaceship")
    body = b.main(("silver", "grey", "green", "purple"), ("metal",))
    glass = b.other(body, 1.0, ("light blue", "light green", "green", "black"))
    flat = d.real(0.18, 0.28)
    b.ball((1, 1, flat), (0, 0, 0.4), body)
    b.part("dome")
    b.dome((0.48, 0.48, 0.45), (0, 0, 0.45), glass)
    lights = d.pick((6, 8))
    lamp = b.other(body, 1.0, ("yellow", "red", "orange", "light green"))
    for i in range(lights):
        a = 2 * math.pi * i / lights
        b.part("light")
        b.ball(0.1, (0.82 * math.sin(a), 0.82 * math.cos(a), 0.4 + flat * 0.45), lamp)
    if d.chance(0.4):
        for i in range(3):
            a = 2 * math.pi * (i + 0.5) / 3
            b.part("leg")
            b.rod(
                (0.4 * math.sin(a), 0.4 * math.cos(a), 0.3), (0.6 * math.sin(a), 0.6 * math.cos(a), -0.15), 0.05, body
            )
        b.has("leg", "legs", 3)
    b.has("dome", "domes", 1, glass)
    b.has("light", "lights", lights, lamp)
