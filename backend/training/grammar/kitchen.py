"""What one cooks in, eats from and drinks from."""

from __future__ import annotations

from .build import Build
from .dice import Dice
from .register import family


@family("mug")
def mug(d: Dice, b: Build) -> None:
    b.noun("mug", "cup", "coffee mug")
    body = b.main(("white", "red", "blue", "yellow", "black"), ("ceramic", "metal"))
    high = d.real(0.45, 0.85)
    flare = d.one(1.0, 1.0, 1.2, 0.85)
    r = 0.5
    if high > 0.7:
        b.say("tall")
    elif high < 0.55:
        b.say("low")
    if flare > 1:
        b.say("flared")
    inside = b.other(body, 0.35, ("white", "black", "brown", "red", "blue", "yellow"))
    b.cylinder(r, high, (0, 0, high), body, top=flare, round=0.05)
    wall = 0.075
    b.cylinder(r - wall, high, (0, 0, high + 0.1), inside, top=(r * flare - wall) / (r - wall), cut=True)
    if inside.name != body.name:
        b.has("inside", count=1, paint=inside)
    mean = r * (1 + flare) / 2
    stripes = d.chance(0.25)
    if stripes:
        band = b.other(body, 1.0)
        b.part("stripe")
        b.cylinder(mean * 0.99 + 0.03, 0.14 * high, (0, 0, high), band)
        b.cylinder(mean - wall, 0.2 * high, (0, 0, high), inside, cut=True)
    side = 1
    if d.chance(0.85):
        b.part("handle")
        handle = b.other(body, 0.25)
        size = d.real(0.24, 0.34)
        b.torus((size * 0.95, size * 1.2 * high / 0.65), 0.07, (side * (mean + 0.02), 0, high), handle,
                turn=(90, 0, 0))  # fmt: skip
        b.cylinder(mean - wall, high - 0.08, (0, 0, high + 0.02), inside, cut=True)
        b.has("handle", "handles", 1, handle)
    else:
        b.lacks("handle")
    if stripes:
        b.has("stripe", "stripes", 1, band)


@family("bottle")
def bottle(d: Dice, b: Build) -> None:
    b.noun("bottle", "flask")
    body = b.main(("green", "brown", "light blue", "blue", "white"), ("glass", "plastic", "metal"))
    high, r = d.real(1.0, 1.7), d.real(0.38, 0.6)
    if high / r > 3.5:
        b.say("thin")
    elif high / r < 2.4:
        b.say("thick")
    neck = d.one(0.25, 0.45, 0.7)
    square = d.chance(0.2)
    if square:
        b.box((r, r, high / 2), (0, 0, high / 2), body, round=0.08)
    else:
        b.cylinder(r, high / 2, (0, 0, high / 2), body, round=0.06)
    shoulder = d.real(0.3, 0.6) * r + 0.1
    mouth = d.real(0.14, 0.18)
    if d.chance(0.5) and not square:
        b.dome((r, r, shoulder * 1.2), (0, 0, high - 0.03), body)
    elif square:
        b.box((r, r, shoulder / 2), (0, 0, high + shoulder / 2 - 0.04), body, top=mouth / r, round=0.02)
    else:
        b.cylinder(r, shoulder / 2, (0, 0, high + shoulder / 2 - 0.03), body, top=mouth / r)
    top = high + shoulder + neck
    b.cylinder(mouth, neck / 2 + 0.05, (0, 0, high + shoulder + neck / 2 - 0.05), body)
    if neck > 0.6:
        b.has("neck", count=1, adjective="long")
    elif neck < 0.3:
        b.has("neck", count=1, adjective="short")
    if d.chance(0.7):
        cap = b.other(body, 0.85, ("red", "white", "black", "golden", "blue", "green", "brown", "yellow"))
        b.part("cap")
        b.cylinder(mouth + 0.06, 0.1, (0, 0, top), cap, round=0.02)
        b.has(d.one("cap", "lid"), "caps", 1, cap)
        b.first()
    if d.chance(0.5):
        label = b.other(body, 1.0, ("white", "red", "yellow", "beige", "black", "blue", "orange"))
        b.part("label")
        half = d.real(0.18, 0.28) * high
        if square:
            b.box((r + 0.035, r + 0.035, half), (0, 0, high * 0.48), label, round=0.06)
        else:
            b.cylinder(r + 0.035, half, (0, 0, high * 0.48), label)
        b.has("label", "labels", 1, label)


@family("bowl")
def bowl(d: Dice, b: Build) -> None:
    b.noun("bowl", "dish")
    body = b.main(("white", "blue", "brown", "red"), ("ceramic", "wooden", "metal", "glass"))
    inside = b.other(body, 0.35, ("white", "yellow", "red", "blue", "light blue"))
    deep = d.real(0.38, 0.75)
    b.say("deep" if deep > 0.62 else "shallow" if deep < 0.48 else "")
    b.dome((1, 1, deep), (0, 0, deep), body, turn=(180, 0, 0))
    b.dome((0.9, 0.9, deep - 0.09), (0, 0, deep + 0.02), inside, turn=(180, 0, 0), cut=True)
    b.part("foot")
    b.cylinder(0.42, 0.06, (0, 0, 0.02), body)
    if inside.name != body.name:
        b.has("inside", count=1, paint=inside)
    fill = d.whole(0, 4)
    if fill == 0:
        soup = b.paint("orange", "red", "green", "yellow", "brown")
        b.part("soup")
        b.cylinder(0.8, 0.08, (0, 0, deep * 0.75), soup)
        b.has("soup", paint=soup, verb="of" if d.chance(0.5) else "with")
    elif fill == 1:
        fruit = b.paint("red", "orange", "green", "yellow")
        count = d.whole(3, 4)
        for i in range(count):
            b.part("fruit")
            x, y = ((-0.32, -0.2), (0.32, -0.2), (0, 0.34), (0, 0))[i]
            b.ball(0.34, (x, y, deep * 0.9 + (0.35 if i == 3 else 0)), fruit)
        b.has("fruit", "fruits", count, fruit)


@family("teapot")
def teapot(d: Dice, b: Build) -> None:
    b.noun("teapot", "tea pot", "teapot", "kettle")
    body = b.main(("white", "blue", "brown", "red"), ("ceramic", "metal", "silver"))
    lid = b.other(body, 0.4)
    squash = d.real(0.7, 1.05)
    b.say("tall" if squash > 0.95 else "low" if squash < 0.8 else "")
    b.ball((0.6, 0.6, 0.6 * squash), (0, 0, 0.56 * squash), body)
    b.cylinder(0.36, 0.06, (0, 0, 0.04), body)
    b.part("spout")
    b.rod((0.45, 0, 0.4 * squash), (0.92, 0, 0.92 * squash), 0.15, body, taper=0.55)
    b.part("handle")
    handle = b.other(body, 0.3)
    b.torus((0.3, 0.34), 0.07, (-0.58, 0, 0.58 * squash), handle, turn=(90, 0, 0))
    b.part("lid")
    b.dome((0.34, 0.34, 0.16), (0, 0, 1.08 * squash), lid)
    b.ball(0.1, (0, 0, 1.1 * squash + 0.2), lid)
    b.has("lid", "lids", 1, lid)
    b.has("spout", "spouts", 1)
    b.has("handle", "handles", 1, handle)


@family("pot")
def pot(d: Dice, b: Build) -> None:
    """A cooking pot with two handles, or a pan with one long one."""
    body = b.main(("grey", "black", "red", "silver"), ("metal", "steel", "iron"))
    grip = b.other(body, 0.5, ("black", "brown", "red"))
    pan = d.chance(0.45)
    high = 0.13 if pan else d.real(0.28, 0.5)
    b.noun(*(("frying pan", "pan", "skillet") if pan else ("pot", "cooking pot", "saucepan")))
    b.cylinder(0.6, high, (0, 0, high), body, top=1.1 if pan else 1.0, round=0.04)
    lid = not pan and d.chance(0.55)
    if not lid:
        b.cylinder(0.53, high, (0, 0, high + 0.09), body.shade(0.8), top=1.1 if pan else 1.0, cut=True)
    if pan:
        b.part("handle")
        b.rod((0.6, 0, 0.2), (1.5, 0, 0.3), 0.075, grip)
        b.has("handle", "handles", 1, grip, "long")
        return
    b.say("tall" if high > 0.43 else "low" if high < 0.34 else "")
    if lid:
        b.part("lid")
        b.dome((0.62, 0.62, 0.16), (0, 0, 2 * high), body)
        b.ball(0.1, (0, 0, 2 * high + 0.22), grip)
        b.has("lid", "lids", 1)
    else:
        b.lacks("lid")
    with b.pair("handle"):
        b.torus((0.13, 0.15), 0.055, (0.62, 0, 1.5 * high), grip)
    b.has("handle", "handles", 2, grip)


@family("goblet")
def goblet(d: Dice, b: Build) -> None:
    b.noun("goblet", "wine glass", "chalice")
    body = b.main(("golden", "silver", "light blue", "red"), ("glass", "golden", "silver", "metal"))
    tall = d.chance(0.5)
    b.say("tall" if tall else "low")
    stem = 0.75 if tall else 0.3
    r = d.real(0.38, 0.46)
    b.cylinder(0.36, 0.05, (0, 0, 0.05), body, top=0.75)
    b.pole((0, 0, 0), (0, 0, stem + 0.2), 0.07, body)
    top = stem + 0.75
    b.dome((r, r, 0.5), (0, 0, stem + 0.5), body, turn=(180, 0, 0))
    b.cylinder(r, 0.17, (0, 0, top - 0.12), body)
    wine = b.other(body, 1.0, ("dark red", "yellow", "purple", "orange"))
    full = d.chance(0.5)
    b.cylinder(r - 0.07, 0.24 if not full else 0.1, (0, 0, top + 0.02), wine if full else body.shade(0.8), cut=True)
    if full:
        b.has("wine" if wine.name == "dark red" else "drink", paint=wine)
    b.has("stem", "stems", 1, adjective="long" if tall else "short")
