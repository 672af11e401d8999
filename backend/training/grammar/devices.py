"""Electronics and household machines. Screens and doors face −Y."""

from __future__ import annotations

from math import cos, radians, sin

from .build import Build
from .dice import Dice
from .register import family

_SCREENS = ("black", "light blue", "blue", "dark blue")


@family("laptop")
def laptop(d: Dice, b: Build) -> None:
    b.noun("laptop", "notebook computer", "laptop computer")
    body = b.main(("silver", "grey", "black", "white"), ("metal", "plastic"))
    screen = b.other(body, 1.0, _SCREENS)
    keys = b.other(body, 1.0, ("black", "white", "grey"))
    wide = d.real(0.75, 0.95)
    lean = d.real(5, 35)
    b.box((wide, 0.55, 0.05), (0, 0, 0.05), body, round=0.03)
    b.part("keyboard")
    b.box((wide - 0.12, 0.25, 0.04), (0, 0.12, 0.08), keys)
    b.part("touchpad")
    b.box((0.2, 0.12, 0.04), (0, -0.33, 0.075), body.shade(0.75))
    b.again("body")
    s, c = sin(radians(lean)), cos(radians(lean))
    b.box((wide, 0.045, 0.5), (0, 0.55 + 0.5 * s, 0.08 + 0.5 * c), body, turn=(-lean, 0, 0), round=0.03)
    b.part("screen")
    b.box((wide - 0.09, 0.04, 0.42), (0, 0.55 + 0.5 * s - 0.03 * c, 0.08 + 0.5 * c + 0.03 * s), screen,
          turn=(-lean, 0, 0))  # fmt: skip
    b.has("screen", "screens", 1, screen)
    b.has("keyboard", "keyboards", 1, keys)
    b.say("wide" if wide > 0.9 else "")


@family("television")
def television(d: Dice, b: Build) -> None:
    old = d.chance(0.4)
    screen_words = _SCREENS if not old else ("grey", "black", "light blue")
    body = b.main(("black", "grey", "silver") if not old else ("brown", "red", "black"), ("wooden",) if old else ())
    screen = b.other(body, 1.0, screen_words)
    if old:
        b.noun("old television", "retro tv", "television", "tv")
        b.box((0.7, 0.4, 0.5), (0, 0, 0.65), body, round=0.06)
        b.part("screen")
        b.box((0.42, 0.07, 0.36), (-0.16, -0.4, 0.66), screen, round=0.06)
        for z in (0.85, 0.65):
            b.part("knob")
            b.cylinder(0.075, 0.06, (0.48, -0.42, z), b.paint("golden", "white", "silver"), turn=(90, 0, 0))
        antennas = d.chance(0.7)
        if antennas:
            with b.pair("antenna"):
                b.rod((0.04, 0, 1.12), (0.42, 0, 1.65), 0.045, b.paint("silver", "black", "grey"))
            b.has("antenna", "antennas", 2)
        with b.pair("leg"):
            for y in (-0.25, 0.25):
                b.pole((0.6, y, 0), (0.5, y, 0.2), 0.055, body)
        b.has("knob", "knobs", 2)
    else:
        b.noun("television", "flat screen tv", "tv", "monitor")
        wide = d.real(0.8, 1.0)
        b.box((wide, 0.06, wide * 0.58), (0, 0, 0.3 + wide * 0.58), body, round=0.02)
        b.part("screen")
        b.box((wide - 0.07, 0.04, wide * 0.58 - 0.07), (0, -0.05, 0.3 + wide * 0.58), screen)
        b.part("stand")
        b.box((0.1, 0.06, 0.16), (0, 0.04, 0.2), body)
        b.box((0.4, 0.2, 0.04), (0, 0.02, 0.04), body, round=0.03)
        b.has("stand", "stands", 1)
    b.has("screen", "screens", 1, screen)


@family("phone")
def phone(d: Dice, b: Build) -> None:
    kind = d.chance(0.7)
    body = b.main(("black", "white", "silver", "red", "blue"), ("plastic", "metal"))
    if kind:
        b.noun("smartphone", "mobile phone", "phone", "cell phone")
        screen = b.other(body, 1.0, _SCREENS)
        b.box((0.45, 0.06, 0.9), (0, 0, 0), body, round=0.05)
        b.part("screen")
        b.box((0.39, 0.03, 0.78), (0, -0.05, 0), screen)
        lenses = d.whole(1, 3)
        for i in range(lenses):
            b.part("lens")
            b.cylinder(0.09, 0.045, (0.25, 0.06, 0.7 - 0.22 * i), b.paint("black", "grey"), turn=(90, 0, 0))
        b.has("screen", "screens", 1, screen)
        b.has("lens", "lenses", lenses)
        return
    b.noun("telephone", "old telephone", "phone")
    b.box((0.6, 0.5, 0.28), (0, 0, 0.28), body, top=0.62, round=0.04)
    dial = b.other(body, 1.0, ("white", "golden", "black", "silver"))
    b.part("dial")
    b.cylinder(0.27, 0.05, (0, -0.33, 0.42), dial, turn=(50, 0, 0))
    b.part("receiver")
    handset = b.other(body, 0.35, ("black", "golden", "white", "red"))
    b.rod((-0.5, 0.1, 0.78), (0.5, 0.1, 0.78), 0.085, handset)
    with b.pair():
        b.cylinder(0.16, 0.1, (0.52, 0.1, 0.7), handset, top=0.75)
        b.box((0.06, 0.06, 0.1), (0.22, 0.1, 0.62), body)
    b.has("dial", "dials", 1, dial)
    b.has("receiver", "receivers", 1, handset)


@family("camera")
def camera(d: Dice, b: Build) -> None:
    b.noun("camera", "photo camera")
    body = b.main(("black", "brown", "red", "silver", "white"), ("metal", "leather"))
    trim = b.other(body, 1.0, ("silver", "black", "golden", "grey"))
    tripod = d.chance(0.25)
    z = 1.2 if tripod else 0.4
    b.box((0.65, 0.2, 0.4), (0, 0, z), body, round=0.05)
    b.part("lens")
    long = d.real(0.12, 0.3)
    b.cylinder(0.3, long, (0, -0.2 - long, z), trim, turn=(90, 0, 0), round=0.02)
    b.cylinder(0.2, 0.045, (0, -0.22 - 2 * long, z), b.paint("light blue", "dark blue"), turn=(90, 0, 0))
    b.part("flash")
    b.box((0.17, 0.15, 0.1), (0, 0, z + 0.46), trim, top=0.8)
    b.part("button")
    b.cylinder(0.09, 0.06, (0.45, 0, z + 0.42), b.paint("red", "silver", "golden"))
    b.has("lens", "lenses", 1, trim, "long" if long > 0.24 else "short" if long < 0.17 else "")
    if tripod:
        for x, y in ((-0.5, -0.3), (0.5, -0.3), (0, 0.55)):
            b.part("leg")
            b.rod((0.2 * x, 0.2 * y, 0.85), (x, y, 0.05), 0.055, trim)
        b.has("leg", "legs", 3)
        b.has("tripod", "tripods", 1, verb="on")
    b.has("button", "buttons", 1)


@family("fridge")
def fridge(d: Dice, b: Build) -> None:
    b.noun("fridge", "refrigerator")
    body = b.main(("white", "silver", "red", "grey"), ("metal", "steel"))
    handle = b.other(body, 0.9, ("silver", "black", "grey", "golden"))
    high = d.real(0.75, 1.0)
    doors = d.whole(1, 2)
    split = d.one(0.35, 0.65)
    b.box((0.45, 0.4, high), (0, 0, high + 0.06), body, round=0.05)
    b.part("door")
    parts = (
        ((0.03, 2 * high - 0.03),) if doors == 1 else ((0.03, 2 * high * split), (2 * high * split, 2 * high - 0.03))
    )
    for i, (low, top) in enumerate(parts):
        if i:
            b.part("door")
        half = (top - low) / 2 - 0.03
        b.box((0.42, 0.06, half), (0, -0.42, 0.06 + (low + top) / 2), body.shade(0.93), round=0.04)
        b.part("handle")
        b.pole((0.3, -0.52, 0.06 + (low + top) / 2 - min(half * 0.5, 0.25)),
               (0.3, -0.52, 0.06 + (low + top) / 2 + min(half * 0.5, 0.25)), 0.045, handle)  # fmt: skip
    with b.pair("foot"):
        for y in (-0.3, 0.3):
            b.cylinder(0.06, 0.05, (0.35, y, 0.03), b.paint("black"))
    b.has("door", "doors", doors)
    b.has("handle", "handles", doors, handle)
    b.say("tall" if high > 0.92 else "low" if high < 0.82 else "")


@family("washing machine")
def washing_machine(d: Dice, b: Build) -> None:
    """Or an oven: the round glass or the square one."""
    oven = d.chance(0.45)
    body = b.main(("white", "grey", "silver", "black"), ("metal", "steel"))
    glass = b.other(body, 1.0, ("light blue", "black", "blue", "dark blue"))
    b.box((0.55, 0.5, 0.7), (0, 0, 0.7), body, round=0.04)
    if oven:
        b.noun("oven", "stove", "cooker")
        b.part("door")
        b.box((0.42, 0.05, 0.28), (0, -0.5, 0.5), glass)
        b.part("handle")
        b.pole((-0.38, -0.53, 0.88), (0.38, -0.53, 0.88), 0.045, b.paint("silver", "black"))
        for i in range(4):
            b.part("knob")
            b.cylinder(0.07, 0.05, (-0.36 + 0.24 * i, -0.53, 1.16), b.paint("black", "red", "white"), turn=(90, 0, 0))
        for x in (-0.26, 0.26):
            for y in (-0.22, 0.22):
                b.part("plate")
                b.cylinder(0.17, 0.045, (x, y, 1.4), b.paint("black"))
        b.has("knob", "knobs", 4)
        b.has("hot plate", "hot plates", 4, parts="plate")
    else:
        b.noun("washing machine", "washer", "dryer")
        b.part("rim")
        b.torus(0.34, 0.07, (0, -0.5, 0.62), b.paint("silver", "grey", "white"), turn=(90, 0, 0))
        b.part("door")
        b.cylinder(0.32, 0.06, (0, -0.49, 0.62), glass, turn=(90, 0, 0))
        b.part("panel")
        b.box((0.5, 0.04, 0.12), (0, -0.5, 1.22), body.shade(0.75))
        b.part("knob")
        b.cylinder(0.08, 0.06, (0.34, -0.54, 1.22), b.paint("silver", "black", "blue"), turn=(90, 0, 0))
        b.has("round door", count=1, paint=glass)
        b.has("knob", "knobs", 1)


@family("radio")
def radio(d: Dice, b: Build) -> None:
    """A radio, or a loudspeaker."""
    body = b.main(("brown", "red", "black", "white", "turquoise"), ("wooden", "plastic"))
    cone = b.other(body, 1.0, ("grey", "black", "beige", "white"))
    if d.chance(0.5):
        b.noun("radio", "portable radio")
        speakers = d.whole(1, 2)
        b.box((0.8, 0.24, 0.42), (0, 0, 0.42), body, round=0.06)
        spots = ((-0.4,), (-0.48, 0.48))[speakers - 1]
        for x in spots:
            b.part("speaker")
            b.cylinder(0.28, 0.05, (x, -0.23, 0.4), cone, turn=(90, 0, 0))
        b.part("dial")
        x = 0.35 if speakers == 1 else 0.0
        b.box((0.28 if speakers == 1 else 0.13, 0.05, 0.09), (x, -0.23, 0.6), b.paint("white", "yellow"))
        b.cylinder(0.09, 0.07, (x, -0.25, 0.3), b.paint("silver", "golden", "black"), turn=(90, 0, 0))
        b.has("speaker", "speakers", speakers, cone)
        if d.chance(0.6):
            b.part("antenna")
            b.rod((0.65, 0.1, 0.8), (0.3, 0.1, 1.45), 0.04, b.paint("silver", "grey"))
            b.has("antenna", "antennas", 1)
        else:
            b.part("handle")
            b.torus((0.5, 0.25), 0.05, (0, 0, 0.8), body, turn=(90, 0, 0), arc=180)
            b.has("handle", "handles", 1)
        return
    b.noun("loudspeaker", "speaker", "speaker box")
    high = d.real(0.6, 0.95)
    b.box((0.42, 0.36, high), (0, 0, high), body, round=0.03)
    cones = d.whole(1, 2) if high < 0.8 else d.whole(2, 3)
    for i in range(cones):
        b.part("cone")
        r = 0.3 if i == 0 else 0.2
        z = 0.4 + i * (2 * high - 0.75) / max(cones - 1, 1) if cones > 1 else high
        b.cylinder(r, 0.06, (0, -0.35, z), cone, turn=(90, 0, 0))
        b.ball((0.35 * r, 0.06, 0.35 * r), (0, -0.42, z), b.paint("black", "silver"))
    b.has("cone", "cones", cones, cone)
    b.say("tall" if high > 0.8 else "")


@family("light bulb")
def light_bulb(d: Dice, b: Build) -> None:
    b.noun("light bulb", "bulb", "lightbulb")
    body = b.main(("yellow", "white", "yellow"), ("glass",))
    base = b.other(body, 1.0, ("silver", "grey", "golden"))
    fat = d.real(0.36, 0.46)
    b.ball(fat, (0, 0, 1.25 - fat), body)
    b.again("body")
    b.cylinder(0.2, 0.22, (0, 0, 0.52), body, top=1.55)
    b.part("base")
    b.cylinder(0.19, 0.17, (0, 0, 0.22), base)
    for z in (0.12, 0.24, 0.36):
        b.torus(0.19, 0.045, (0, 0, z), base)
    b.ball((0.11, 0.11, 0.08), (0, 0, 0.04), b.paint("black"))
    b.say("round" if fat > 0.42 else "long" if fat < 0.385 else "")
    b.has("base", "bases", 1, base)


@family("street light")
def street_light(d: Dice, b: Build) -> None:
    """A street lamp, or a traffic light."""
    if d.chance(0.5):
        b.noun("traffic light", "traffic lights", "stoplight")
        body = b.main(("black", "yellow", "grey", "green"))
        pole = b.other(body, 0.7, ("grey", "black", "silver"))
        high = d.real(0.7, 1.2)
        count = d.whole(2, 3)
        half = 0.22 * count
        b.box((0.24, 0.18, half + 0.03), (0, 0, high + half), body, round=0.04)
        for i in range(count):
            b.part("light")
            hue = b.paint(("green", "red")[i] if count == 2 else ("green", "yellow", "red")[i])
            b.cylinder(0.15, 0.06, (0, -0.18, high + 0.22 + 0.44 * i), hue, turn=(90, 0, 0), round=0.02)
        b.part("pole")
        b.pole((0, 0, 0), (0, 0, high + 0.1), 0.075, pole)
        b.cylinder(0.25, 0.06, (0, 0, 0.06), pole)
        b.has("light", "lights", count)
        b.has("pole", "poles", 1, pole)
        return
    b.noun("street lamp", "street light", "lamp post")
    body = b.main(("black", "grey", "dark green"), ("iron", "metal"), faithful=0.6)
    light = b.other(body, 1.0, ("yellow", "white", "orange"))
    high = d.real(1.3, 1.7)
    double = d.chance(0.35)
    b.pole((0, 0, 0), (0, 0, high), 0.07, body)
    b.again("body")
    b.cylinder(0.2, 0.11, (0, 0, 0.11), body, top=0.7)
    if double:
        with b.pair("light"):
            b.rod((0, 0, high - 0.1), (0.42, 0, high), 0.055, body)
            b.ball((0.17, 0.17, 0.2), (0.42, 0, high + 0.18), light)
        b.has("light", "lights", 2, light)
    else:
        b.part("light")
        b.cylinder(0.14, 0.2, (0, 0, high + 0.2), light, top=1.4)
        b.part("roof")
        b.cylinder(0.26, 0.12, (0, 0, high + 0.5), body, top=0.1)
        b.has("light", "lights", 1, light)
    b.say("tall" if high > 1.58 else "")
