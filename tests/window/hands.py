"""Hands and eyes inside a Blender with a window: mouse, keys, screenshots, and a clock that notices a frozen loop.

Runs in Blender started with ``--enable-event-simulate``. A scenario is a generator; ``yield seconds`` lets the
event loop and the redraw go on for that long. Coordinates are window pixels, origin bottom left.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

OUT = Path("/out")
TICK = 0.05  # seconds between two beats of the clock


# ------------------------------------------------------------------------------------------------------- where


def window() -> bpy.types.Window:
    return bpy.context.window_manager.windows[0]


def viewport() -> bpy.types.Area:
    return next(area for area in window().screen.areas if area.type == "VIEW_3D")


def region(kind: str = "UI") -> bpy.types.Region:
    return next(region for region in viewport().regions if region.type == kind)


def make_room() -> Iterator[float]:
    """Closes the timeline, so that the sidebar shows every panel without scrolling."""
    timeline = next(area for area in window().screen.areas if area.type == "DOPESHEET_EDITOR")
    with bpy.context.temp_override(window=window(), area=timeline):
        bpy.ops.screen.area_close()
    yield 0.5


def open_tab(name: str) -> Iterator[float]:
    """Opens the sidebar on a tab. It can be chosen only once the sidebar has been drawn."""
    viewport().spaces.active.show_region_ui = True
    yield 0.7
    region().active_panel_category = name
    region().tag_redraw()
    yield 0.5


# ------------------------------------------------------------------------------------------------ mouse and keys


def event(kind: str, value: str, at: tuple[float, float], **modifiers: Any) -> None:
    window().event_simulate(type=kind, value=value, x=int(at[0]), y=int(at[1]), **modifiers)


def move(at: tuple[float, float]) -> Iterator[float]:
    for shift in (0, 1):  # the second one makes sure that Blender sees a movement
        event("MOUSEMOVE", "NOTHING", (at[0] + shift, at[1]))
        yield 0.03


def click(at: tuple[float, float], times: int = 1) -> Iterator[float]:
    yield from move(at)
    yield 0.1
    for _ in range(times):
        for value in ("PRESS", "RELEASE"):
            event("LEFTMOUSE", value, at)
            yield 0.05
    yield 0.2


def key(name: str, at: tuple[float, float], **modifiers: Any) -> Iterator[float]:
    for value in ("PRESS", "RELEASE"):
        event(name, value, at, **modifiers)
        yield 0.05


_KEYS = {" ": "SPACE", "/": "SLASH", ".": "PERIOD", "-": "MINUS", "_": "MINUS"}


def fill_in(at: tuple[float, float], text: str) -> Iterator[float]:
    """Replaces what stands in a text field."""
    yield from click(at, times=2)
    yield from key("A", at, ctrl=True)
    for letter in text:
        name = _KEYS.get(letter, letter.upper() if letter.isascii() and letter.isalpha() else "A")
        event(name, "PRESS", at, unicode=letter)
        event(name, "RELEASE", at)
        yield 0.02
    yield from key("RET", at)
    yield 0.3


def find(
    wanted: Callable[[str], bool], across: float = 0.45, below: float | None = None, step: int = 9
) -> Iterator[float]:
    """Returns (``yield from``) the place in the sidebar where Ctrl-C copies a wanted text.

    Over a button Blender copies the Python call that it makes, over a field its value; so nothing here
    depends on the layout. The search goes down a line ``across`` (a share of the sidebar's width), from the
    top or from ``below`` that height. Raises LookupError.
    """
    side, clipboard = region(), bpy.context.window_manager
    x = side.x + side.width * across
    seen: list[str] = []
    for y in range(int(below or side.y + side.height - 12), side.y + 12, -step):
        clipboard.clipboard = ""
        yield from move((x, y))
        yield from key("C", (x + 1, y), ctrl=True)
        if wanted(clipboard.clipboard):
            return x + 1, y - 3
        if clipboard.clipboard and clipboard.clipboard not in seen:
            seen.append(clipboard.clipboard)
    raise LookupError(f"nothing of the kind in the sidebar; there were {seen}")


def button(operator: str, **where: Any) -> Iterator[float]:
    """The place of the button that runs ``bpy.ops.<operator>()``."""
    return (yield from find(lambda text: text.startswith(f"bpy.ops.{operator}("), **where))


# ---------------------------------------------------------------------------------------------------- observing


def picture(name: str) -> None:
    """What the screen shows, as PNG unless the name has an ending.

    Blender's own screenshot is black on a software OpenGL.
    """
    file = OUT / (name if "." in name else f"{name}.png")
    subprocess.run(["import", "-window", "root", "-quality", "88", str(file)], check=True)


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 600.0) -> Iterator[float]:
    """Returns what the condition returned once that is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        yield 0.05
    raise TimeoutError(f"{what} did not come within {seconds:g} s")


def backends() -> list[int]:
    """Process ids of the running backends; each box has process ids of its own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if b"-m\0backend\0serve" in command and state != "Z":
                found.append(int(entry.name))
    return found


class Clock:
    """Beats on Blender's event loop; the gaps between its beats are how long the user could not do anything."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        bpy.app.timers.register(self._beat, first_interval=TICK, persistent=True)

    def _beat(self) -> float:
        self.beats.append(time.monotonic())
        return TICK

    def between(self, start: float, end: float) -> dict[str, float]:
        beats = [start, *(beat for beat in self.beats if start < beat < end), end]
        gaps = sorted(b - a for a, b in itertools.pairwise(beats))
        return {"beats": len(beats) - 2, "longest": gaps[-1], "median": gaps[len(gaps) // 2], "seconds": end - start}


# ----------------------------------------------------------------------------------------------------- the run


def play(scenario: Iterator[float], facts: dict[str, Any]) -> None:
    """Runs the scenario in the window, writes ``facts`` to /out/facts.json, then closes Blender as a user does.

    An exception in a timer does not change Blender's exit code, so it is written down as ``facts["error"]``.
    """
    preferences = bpy.context.preferences
    preferences.view.show_splash = False
    preferences.use_preferences_save = False

    def step() -> float | None:
        try:
            return float(next(scenario) or 0.01)
        except StopIteration:
            pass
        except Exception:
            facts["error"] = traceback.format_exc()
            picture("error")
        (OUT / "facts.json").write_text(json.dumps(facts, indent=1, default=str))
        sys.stdout.flush()
        if facts.pop("end", "quit") == "kill":
            os.kill(os.getpid(), 9)
        bpy.ops.wm.quit_blender()
        return None

    bpy.app.timers.register(step, first_interval=1.0)
