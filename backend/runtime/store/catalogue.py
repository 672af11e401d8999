"""What an engine's weights are, in words: files, bytes, origin, licences, and what of them is here.

The one truth is ``EngineInfo.weights``; nothing is written down twice. Only engines of tier "gpu" have weights that
come and go: those of an embedded engine are part of Maquette.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ...errors import UnknownEngine
from ...protocol import EngineInfo
from .names import in_words
from .shelf import ABSENT, DAMAGED, PARTIAL, VERIFIED, FileState, Shelf


class Catalogue(Protocol):
    """The list of engines, as the command line has it."""

    def engines(self) -> tuple[EngineInfo, ...]: ...
    def load(self, id: str) -> Any: ...


def kept(catalogue: Catalogue) -> tuple[EngineInfo, ...]:
    """The engines whose weights this store keeps."""
    return tuple(info for info in catalogue.engines() if info.tier == "gpu" and info.weights)


def find(catalogue: Catalogue, engine: str) -> EngineInfo:
    """Raises UnknownEngine where there is none, or none whose weights could be fetched."""
    known = {info.id: info for info in catalogue.engines()}
    able = ", ".join(info.id for info in kept(catalogue)) or "none at present"
    if engine not in known:
        raise UnknownEngine(f"There is no engine called {engine[:40]!r}.", f"Those with weights: {able}.")
    if known[engine] not in kept(catalogue):
        raise UnknownEngine(f"{known[engine].title} needs no weights from elsewhere.", f"Those that do: {able}.")
    return known[engine]


def licence(info: EngineInfo) -> str:
    """One plain line: what the code and the weights may be used for."""
    weights = sorted({file.licence for file in info.weights if file.licence}) or [info.weights_licence or "not stated"]
    return f"Licence: code {info.code_licence or 'not stated'}; weights {', '.join(weights)}."


def size(info: EngineInfo) -> str:
    """All files together; "at least" where the length of one is not known."""
    total = sum(file.size for file in info.weights)
    unknown = [file for file in info.weights if not file.size]
    if not total:
        return "size not known"
    return f"at least {in_words(total)}" if unknown else in_words(total)


def lines(shelf: Shelf, info: EngineInfo) -> Iterable[str]:
    """An engine and its files as a person reads them."""
    yield f"{info.id}  {info.title}, {size(info)}. {licence(info)}"
    for state in shelf.states(info):
        yield f"    {state.file.file}: {described(state)}"


def described(state: FileState) -> str:
    """One file's state in words."""
    of = f" of {in_words(state.file.size)}" if state.file.size else ""
    if state.state == ABSENT:
        return f"not here ({in_words(state.file.size)})" if state.file.size else "not here"
    if state.state == PARTIAL:
        return f"partly here ({in_words(state.size)}{of})"
    if state.state == DAMAGED:
        return f"damaged. {state.why}"
    proof = "every byte verified" if state.state == VERIFIED else "length verified"
    if state.own:
        proof = "your own file, recognised by its tensors"
    elif state.state != VERIFIED and not state.file.sha256:
        proof = "no hash was published to verify it with"
    return f"here ({in_words(state.size)}, {proof})"


def as_data(shelf: Shelf, info: EngineInfo) -> dict[str, object]:
    """The same for programs."""
    files = [
        {
            "file": state.file.file,
            "state": state.state,
            "bytes": state.size,
            "size": state.file.size,
            "sha256": state.file.sha256,
            "url": state.file.url,
            "licence": state.file.licence,
            "why": state.why,
        }
        for state in shelf.states(info)
    ]
    about = {"engine": info.id, "title": info.title, "licence": licence(info), "size": size(info)}
    return {**about, "folder": str(shelf.folder(info.id)), "files": files}
