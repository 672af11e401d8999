"""The long errands of this Blender – GPU engines, official weights – one at a time, and what is known of both.

Like ``runtime``: plain Python state, ticked by a timer; ``finish`` is the way without a window.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from . import launching, runtime
from .child import Launch
from .errand import Errand
from .problems import Problem
from .question import Question
from .wishes import preferences

log = logging.getLogger(__name__)

TICK = 0.15  # seconds
LOG_NAME = "Maquette GPU Engines Log"
OFFLINE = "Downloads are switched off."
ALLOW = "Switch on Preferences → System → Network → Allow Online Access."


class Busy(Problem):
    code = "errand_busy"


class Offline(Problem):
    code = "offline"


@dataclass(frozen=True)
class Step:
    """One errand: the command line's words, and what the user calls it."""

    title: str
    arguments: tuple[str, ...]


@dataclass
class Outcome:
    """How the last one ended."""

    title: str
    state: str
    sentence: str
    fix: str = ""
    code: str = ""


@dataclass
class State:
    """``facts`` as ``runtime status --json`` tells them, ``processor`` the same if it were installed for the processor,
    ``shelf`` as ``weights list --json``; None while unknown. ``wheels`` what ``carried`` last found in which folder.
    """

    step: Step | None = None
    errand: Errand | None = None
    left: list[Step] = field(default_factory=list)
    then: Callable[[], None] | None = None
    outcome: Outcome | None = None
    facts: dict[str, Any] | None = None
    processor: dict[str, Any] | None = None
    shelf: list[dict[str, Any]] | None = None
    questions: dict[str, Question] = field(default_factory=dict)
    wheels: tuple[str, bool] | None = None
    asked: bool = False
    log: Path | None = None
    written: int = 0  # bytes of the log that are in the Text

    @property
    def busy(self) -> bool:
        return self.step is not None


state = State()


def start(steps: Sequence[Step], release: bool = False, then: Callable[[], None] | None = None) -> None:
    """Does one after the other; with ``release`` only once no backend runs in the private environment.

    ``then`` is called at the end, however it ends. Raises Busy.
    """
    if state.busy:
        assert state.step is not None
        raise Busy(f"“{state.step.title}” is still going on.", "Wait until it is done, or cancel it.")
    state.outcome, state.then = None, then
    state.step, *state.left = steps
    if release:
        runtime.let_go_of_gpu()
    _wake()


def cancel() -> None:
    """Stops what is going on; what is finished of it is kept."""
    state.left.clear()
    if state.errand is not None:
        state.errand.cancel()
    elif state.step is not None:
        _end(Outcome(state.step.title, "cancelled", "Cancelled."))


def look() -> None:
    """Asks, once, what is installed and which weights there are; for a panel that is about to show it."""
    if not state.asked:
        state.asked = True
        _wake()


def look_again() -> None:
    """Asks once more; what was known stays until there is an answer."""
    state.asked = True
    _ask()
    _wake()


def finish() -> Outcome:
    """Works until all is done, and prints how it goes: the way without a window."""
    told = ""
    while state.busy:
        pump()
        if bpy.app.background:
            runtime.pump()  # nobody else calls it
        if state.errand is not None and state.errand.stage != told:
            told = state.errand.stage
            print(f"Maquette: {told} …", flush=True)
        time.sleep(0.02)
    assert state.outcome is not None
    print(f"Maquette: {state.outcome.sentence} {state.outcome.fix}".rstrip(), flush=True)
    return state.outcome


def known() -> dict[str, Any]:
    """The facts, waited for: for where there is no window to show them later."""
    look_again()
    while state.questions:
        pump()
        time.sleep(0.02)
    return state.facts or {}


def require_network() -> None:
    """Raises Offline where the user has not allowed downloads."""
    if not bpy.app.online_access:
        raise Offline(OFFLINE, ALLOW)


def carried() -> Path | None:
    """The folder with wheels that came along or that the user named, if the large ones are in it."""
    for folder in filter(None, (preferences().wheels_dir, str(launching.ROOT / "wheels"))):
        path = Path(bpy.path.abspath(folder))
        with contextlib.suppress(OSError, ValueError):
            if any(path.glob("torch-*.whl")):
                return path
    return None


def can_install() -> bool:
    """Whether there is a network or what came along; looked up seldom, for a panel draws many times a second."""
    if bpy.app.online_access:
        return True
    named = preferences().wheels_dir
    if state.wheels is None or state.wheels[0] != named:
        state.wheels = (named, carried() is not None)
    return state.wheels[1]


def facts_for(accelerator: str) -> dict[str, Any]:
    """What installing for ``auto`` or ``cpu`` would mean; empty while unknown."""
    facts = state.facts or {}
    return facts if accelerator == "auto" or facts.get("build") == "cpu" else state.processor or {}


def pump() -> float | None:
    """The timer's callback. Never raises: Blender would drop it."""
    try:
        return _turn()
    except Exception:
        log.exception("Maquette's errands stumbled")
        return TICK


def close() -> None:
    """Ends everything, at once."""
    if bpy.app.timers.is_registered(pump):
        bpy.app.timers.unregister(pump)
    for question in state.questions.values():
        question.close()
    if state.errand is not None:
        state.errand.close()
    fresh = State()
    for name in vars(fresh):
        setattr(state, name, getattr(fresh, name))


# ------------------------------------------------------------------------------------------- the turns


def _turn() -> float | None:
    changed = False
    if state.asked and state.facts is None and not state.questions:
        _ask()
    changed |= _hear()
    if state.step is not None and state.errand is None and runtime.gpu_is_free():
        state.errand = Errand(_launch(), (*state.step.arguments, "--data-dir", str(launching.data_dir())))
        state.log, state.written = state.errand.log, 0
        changed = True
    if state.errand is not None:
        changed |= state.errand.poll()
        _stream()
        if state.errand.over:
            _next()
            changed = True
    if changed or (state.errand is not None and state.errand.quiet > 60):
        redraw()
    return TICK if state.busy or state.questions else None


def _ask() -> None:
    launch, folder = _launch(), str(launching.data_dir())
    for question in state.questions.values():
        question.close()
    state.questions.clear()
    state.wheels = None
    state.questions["facts"] = Question(launch, ("runtime", "status", "--json", "--data-dir", folder))
    state.questions["shelf"] = Question(launch, ("weights", "list", "--json", "--data-dir", folder))


def _hear() -> bool:
    done = [name for name, question in state.questions.items() if question.poll()]
    for name in done:
        answer = state.questions.pop(name).answer
        if name == "facts":
            state.facts = answer[0] if answer else {}
            if state.facts.get("supported") and state.facts.get("build") != "cpu":
                words = ("runtime", "status", "--json", "--accelerator", "cpu", "--data-dir", str(launching.data_dir()))
                state.questions["processor"] = Question(_launch(), words)
        elif name == "processor":
            state.processor = answer[0] if answer else {}
        else:
            state.shelf = answer or []
    return bool(done)


def _next() -> None:
    """One errand is over: the next, or the end."""
    assert state.errand is not None and state.step is not None
    errand = state.errand
    outcome = Outcome(state.step.title, errand.state, errand.sentence, errand.fix, errand.code)
    state.errand = None
    if errand.state == "done" and state.left:
        state.step = state.left.pop(0)
    else:
        _end(outcome)


def _end(outcome: Outcome) -> None:
    state.step, state.outcome = None, outcome
    state.left.clear()
    then, state.then = state.then, None
    if then is not None:
        then()
    look_again()


def _stream() -> None:
    """Goes on with the Text that shows the log, if the user has it."""
    text = bpy.data.texts.get(LOG_NAME)
    if text is not None and state.log is not None:
        with open(state.log, "rb") as file:
            file.seek(state.written)
            fresh = file.read(1 << 16)
        if fresh:
            state.written += len(fresh)
            text.write(fresh.decode("utf-8", "replace"))


def show_log() -> bpy.types.Text:
    """The log as a Text, which grows while the errand goes on."""
    text = bpy.data.texts.get(LOG_NAME) or bpy.data.texts.new(LOG_NAME)
    text.clear()
    state.written = 0
    if state.log is None or not os.path.isfile(state.log):
        text.write("Nothing was installed or downloaded in this session.\n")
    else:
        state.written = max(0, os.path.getsize(state.log) - (1 << 20))
        while state.written < os.path.getsize(state.log):
            _stream()
    return text


def _launch() -> Launch:
    return launching.plain_launch()


def _wake() -> None:
    if not bpy.app.timers.is_registered(pump):
        bpy.app.timers.register(pump, first_interval=0.01, persistent=True)


def redraw() -> None:
    """The places where any of this is shown."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager is not None else ():
        for area in window.screen.areas:
            for region in area.regions if area.type in ("VIEW_3D", "PREFERENCES") else ():
                if region.type == ("UI" if area.type == "VIEW_3D" else "WINDOW"):
                    region.tag_redraw()


def register() -> None:
    """Nothing runs before it is asked for; what runs then ends with Blender."""
    atexit.register(close)


def unregister() -> None:
    atexit.unregister(close)
    close()
