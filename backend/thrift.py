"""How a job is fitted into the memory there is: by a smaller preset before it starts, and once more when it fails."""

from __future__ import annotations

import gc
import logging

from .engines.engine import Catalogue
from .errors import OutOfMemory
from .protocol import EngineInfo
from .runtime import device, memory
from .runtime.memory import is_out_of_memory as is_out_of_memory

log = logging.getLogger(__name__)

MARGIN = 1.05  # what was measured elsewhere is a little more here


def affordable(info: EngineInfo, preset: str, catalogue: Catalogue, what: str = "this was made") -> tuple[str, str]:
    """The preset that fits into free memory, ``preset`` or a smaller one, and the sentence that says why, or "";
    ``what`` was done with it.

    Other engines give back theirs first. Where the engine does not tell what it needs, or the system what it has, and
    where not even the smallest preset seems to fit, the job is tried: systems have ways to make room.
    """
    if not info.memory.get(preset):
        return preset, ""
    free, _ = _room(info)
    if not free or _fits(info, preset, free):
        return preset, ""
    catalogue.unload(keep=info.id)
    device.empty_cache()
    free = sum(_room(info))  # what is held now is this engine's own, which its figures count
    if _fits(info, preset, free):
        return preset, ""
    smaller = preset
    while not _fits(info, smaller, free) and (next_one := smaller_preset(info, smaller)):
        smaller = next_one
    log.info("%s at %s does not fit into %d bytes: %s", info.id, preset, free, smaller)
    if smaller == preset:
        return preset, ""
    return smaller, (
        f"Only {_size(free)} of {_whose(info)} memory are free, and the preset “{preset}” needs "
        f"{_size(info.memory[preset])}; {what} with “{smaller}”."
    )


def fits(info: EngineInfo, preset: str) -> bool:
    """Whether there is room for a preset after ``affordable`` made it; True where engine or system does not tell."""
    free, held = _room(info)
    return not free or _fits(info, preset, free + held)


def smaller_preset(info: EngineInfo, preset: str) -> str:
    """The next smaller preset, or "" where there is none."""
    at = info.presets.index(preset)
    return info.presets[at - 1] if at else ""


def make_room(catalogue: Catalogue) -> None:
    """Everything that engines and their library hold goes back to the system."""
    catalogue.unload()
    gc.collect()
    device.empty_cache()


def second_try(info: EngineInfo, preset: str) -> tuple[str, str]:
    """After a job ran out of memory: the preset to try it again with, and the sentence for the result."""
    smaller = smaller_preset(info, preset)
    if not smaller:
        return preset, f"{_whose(info).capitalize()} memory ran out, so it was emptied and the job was done again."
    return (
        smaller,
        f"{_whose(info).capitalize()} memory ran out with the preset “{preset}”; this was made with “{smaller}”.",
    )


def out_of_memory(info: EngineInfo | None = None) -> OutOfMemory:
    """What is left to say when nothing helped. ``info`` of the engine that ran."""
    if info is not None and _on_card(info):
        return OutOfMemory(
            "The graphics card ran out of memory.",
            "Choose a smaller preset, or close other programs that use the graphics card and try again.",
        )
    return OutOfMemory(
        "This computer ran out of memory.", "Choose the Fast preset, or close other programs and try again."
    )


def _fits(info: EngineInfo, preset: str, free: int) -> bool:
    return info.memory.get(preset, 0) * MARGIN <= free


def _room(info: EngineInfo) -> tuple[int, int]:
    """Bytes that are free where the engine runs, 0 where that is not told, and those that this process holds."""
    if _on_card(info):
        return device.free_memory(), device.held_memory()
    return memory.free_memory(), memory.current_memory()


def _on_card(info: EngineInfo) -> bool:
    return info.tier == "gpu" and device.current().accelerated


def _whose(info: EngineInfo) -> str:
    return "the graphics card's" if _on_card(info) else "this computer's"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
