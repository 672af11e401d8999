"""Houses and other things that people build."""

from __future__ import annotations

from .build import Build
from .dice import Dice
from .register import family


def window(b: Build, x: float, y: float, z: float, size: float, paint) -> None:
    """A pane on a wall that faces −Y."""
    b.part("window")
    b.box((size, 0.06, size * 1.15), (x, y, z), paint)


@family("house")
def house(d: Dice, b: Build) -> None:
    b.noun("house", "home", "cottage")
    body = b.main(("white", "beige", "yellow", "red", "brown"), ("wooden", "brick", "stone"))
    roof = b.other(body, 0.9, ("red", "brown", "grey", "dark red", "black", "blue", "green", "orange"))
    wide, deep = d.real(0.75, 1.15), d.real(0.6, 0.8)
    floors = d.pick((1, 1, 2))
    wall = 0.42 * floors + d.real(0.05, 0.12)
    b.box((wide, deep, wall), (0, 0, wall), body)
    if floors == 2:
        b.say("tall")
    elif wide > 1:
        b.say("wide")
    else:
        b.say("small")
    steep = d.real(0.28, 0.6)
    flat = d.chance(0.15)
    b.part("roof")
    kind = d.whole(0, 2)
    if flat:
        steep = 0.07
        b.box((wide + 0.1, deep + 0.1, 0.07), (0, 0, 2 * wall + 0.05), roof)
        b.has("roof", "roofs", 1, roof, "flat")
    elif kind == 0:  # ridge towards the viewer
        b.gable((wide + 0.12, deep + 0.1, steep), (0, 0, 2 * wall + steep - 0.02), roof)
        b.has("roof", "roofs", 1, roof, "pointed" if steep > 0.45 else "")
    elif kind == 1:
        b.gable((deep + 0.12, wide + 0.1, steep), (0, 0, 2 * wall + steep - 0.02), roof, turn=(0, 0, 90))
        b.has("roof", "roofs", 1, roof, "pointed" if steep > 0.45 else "")
    else:
        b.box((wide + 0.12, deep + 0.12, steep), (0, 0, 2 * wall + steep - 0.02), roof, top=0.25)
        b.has("roof", "roofs", 1, roof, "hipped")
    door = b.other(body, 1.0, ("brown", "red", "blue", "green", "white", "black", "yellow"))
    b.part("door")
    side = d.one(0.0, 0.0, 0.35) if floors == 1 else 0.0
    b.box((0.16, 0.06, 0.3), (-side * wide, -deep, 0.3), door)
    pane = b.paint("light blue", "white", "dark blue", "yellow")
    spots = [(-0.6, 0), (0.6, 0)] if side == 0 else [(0.2, 0), (0.65, 0)]
    if floors == 2:
        spots += [(-0.6, 1), (0.6, 1)] if d.chance(0.5) else [(-0.6, 1), (0, 1), (0.6, 1)]
    for x, level in spots:
        window(b, x * wide, -deep, 0.52 + 0.85 * level, 0.14, pane)
    chimneys = d.pick((0, 0, 1, 1, 2)) if not flat else 0
    for i in range(chimneys):
        b.part("chimney")
        x = 0.5 * wide * (1 if i == 0 else -1)
        b.box((0.11, 0.11, 0.35), (x, 0.1 * deep, 2 * wall + steep + 0.12), b.paint("dark red", "grey", "brown"))
    if chimneys:
        b.has("chimney", "chimneys", chimneys)
    elif d.chance(0.15):
        b.lacks("chimney")
    b.has("door", "doors", 1, door)
    if d.chance(0.5):
        b.has("window", "windows", len(spots), pane)
