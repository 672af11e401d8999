"""The list of engines. Reading it loads nothing; ``load`` makes an engine, whose weights load on first use.

To add an engine: a folder beside ``pocket`` with a class that keeps ``engine.Engine``'s promises and a constant
``EngineInfo`` (importable without torch); one line in ``_BUILT_IN`` below; a test of its orientation with an asymmetric
object.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import JobError, UnknownEngine
from ..protocol import EngineInfo, WeightsInfo
from ..runtime import device, store
from ..runtime.store.names import in_words
from .engine import Engine

log = logging.getLogger(__name__)

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
_BUILT_IN = {
    "pocket": (".pocket.engine", "PocketEngine"),
    "pocket_text": (".pocket_text.engine", "PocketTextEngine"),
    "splat": (".splat.engine", "SplatEngine"),
    "birefnet": (".birefnet.engine", "BiRefNetEngine"),
}

_lock = threading.Lock()
_registered: dict[str, tuple[EngineInfo, Callable[[], Engine]]] = {}
_loaded: dict[str, Engine] = {}
_broken: dict[str, str] = {}


def engines() -> tuple[EngineInfo, ...]:
    """Every engine there is, built-in ones first; those that cannot run here as not available, with the reason."""
    built_in = tuple(_listed(name) for name in _BUILT_IN)
    with _lock:
        return built_in + tuple(info for info, _ in _registered.values())


def load(id: str) -> Engine:
    """The engine of that id; the same object each time. Raises UnknownEngine."""
    with _lock:
        if id not in _loaded:
            if id in _registered:
                _loaded[id] = _registered[id][1]()
            elif id in _BUILT_IN:
                _loaded[id] = _class(id)()
            else:
                known = ", ".join([*_BUILT_IN, *_registered])
                raise UnknownEngine(f"There is no engine called {id!r}.", f"Choose one of: {known}.")
        return _loaded[id]


def unload(keep: str = "") -> None:
    """Every engine but ``keep`` gives back what loading took; each loads again when it is next used."""
    with _lock:
        loaded = [engine for id, engine in _loaded.items() if id != keep]
    for engine in loaded:
        engine.unload()
    device.empty_cache()


def register(info: EngineInfo, factory: Callable[[], Engine]) -> None:
    """Adds an engine, or replaces one added before. ``factory`` must be cheap; built-in ids stay as they are."""
    if info.id in _BUILT_IN:
        raise ValueError(f"{info.id} is built in")
    with _lock:
        _registered[info.id] = (info, factory)
        _loaded.pop(info.id, None)


def unregister(id: str) -> None:
    """Takes back what ``register`` added; unknown ids are ignored."""
    with _lock:
        _registered.pop(id, None)
        if id not in _BUILT_IN:
            _loaded.pop(id, None)


# ------------------------------------------------------------------------------------- what is at hand


def _listed(id: str) -> EngineInfo:
    """What the engine says of itself, and whether it could run here. Never raises: one that is broken is listed as
    such, and the others stay of use.
    """
    try:
        info: EngineInfo = _class(id).info
    except Exception as error:
        if _broken.get(id) != repr(error):  # once, and not at every look at the list
            _broken[id] = repr(error)
            log.error("the engine %s cannot be imported", id, exc_info=error)
        why = (str(error) or type(error).__name__).splitlines()[0][:160]
        status = f"Its program cannot be loaded ({why}); install Maquette again."
        return EngineInfo(id, id.capitalize(), "", (), "", "", "", available=False, status=status)
    return _of_gpu(info) if info.tier == "gpu" else _embedded(info)


def _embedded(info: EngineInfo) -> EngineInfo:
    weights = tuple(replace(file, present=_whole(file)) for file in info.weights)
    lacking = ", ".join(file.file for file in weights if not file.present)
    if lacking:
        status = f"{lacking} is missing or incomplete; install Maquette again."
        return replace(info, weights=weights, available=False, status=status)
    return replace(info, weights=weights)


def _of_gpu(info: EngineInfo) -> EngineInfo:
    """torch first: weights that cannot be used would be fetched for nothing."""
    try:
        weights = store.present(info)
    except JobError as error:
        return replace(info, available=False, status=f"{error.sentence} {error.fix}")
    info = replace(info, weights=weights)
    if not device.torch_present():
        return replace(info, available=False, status="Install GPU engines first.")
    lacking = [file for file in weights if not file.present]
    if lacking:
        names = ", ".join(file.file for file in lacking)
        size = in_words(sum(file.size for file in lacking))
        return replace(info, available=False, status=f"Its weights are not here yet: {names} ({size}).")
    return info


def _whole(file: WeightsInfo) -> bool:
    """By its size, which costs nothing to ask; loading compares what is in it."""
    try:
        return (WEIGHTS / file.file).stat().st_size == file.size
    except OSError:
        return False


def _class(id: str) -> Any:
    module, name = _BUILT_IN[id]
    return getattr(import_module(module, __package__), name)
