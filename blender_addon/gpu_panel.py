"""What is drawn of the GPU engines and their weights, in the sidebar and in the preferences alike."""

from __future__ import annotations

from typing import Any

import bpy

from . import gpu, runtime
from .drawing import duration, in_words, say
from .session import Session

PRESENT = ("present", "verified")


def draw_engines(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What is installed, what goes on, and the buttons that make sense now."""
    gpu.look()
    facts, state = gpu.state.facts, gpu.state
    if facts is None:
        layout.label(text="Looking at this computer …", icon="TIME")
    elif not facts:
        say(layout, context, "What this computer has could not be found out; Show Log tells more.", "ERROR")
    else:
        icon = "CHECKMARK" if facts.get("installed") else "NONE" if facts.get("supported") else "ERROR"
        say(layout, context, str(facts.get("sentence", "")), icon)
        say(layout, context, str(facts.get("fix", "")))
    if state.busy:
        draw_errand(layout, context)
        return
    if facts:
        _draw_buttons(layout, context, facts)
        if facts.get("installed"):
            _draw_missing(layout, context)
    if state.outcome is not None:
        _draw_outcome(layout, context, state.outcome)


def draw_errand(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The bar of what goes on, and how to stop it."""
    step, errand = gpu.state.step, gpu.state.errand
    column = layout.column(align=True)
    column.label(text=step.title if step is not None else "", icon="IMPORT")
    if errand is None:
        say(column, context, "Waits until the job that runs is done.")
    else:
        text = "Stopping" if errand.cancelling else errand.stage
        if errand.eta is not None and not errand.cancelling:
            text += f" · {duration(errand.eta)} left"
        column.progress(factor=errand.fraction, type="BAR", text=text)
        say(column, context, errand.detail)
        if errand.quiet > 60:
            say(column, context, f"Nothing new for {duration(errand.quiet)}. Cancel it if that seems too long.", "INFO")
    row = layout.row(align=True)
    row.operator("maquette.cancel_errand", icon="X")
    row.operator("maquette.show_errand_log", icon="TEXT")


def draw_weights(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Every GPU engine with its files, licences and proof."""
    gpu.look()
    layout.label(text="Official Weights", icon="FILE_CACHE")
    shelf = gpu.state.shelf
    if shelf is None:
        layout.label(text="Looking …", icon="TIME")
        return
    if not shelf:
        layout.label(text="No engine needs any.")
    session = runtime.current()
    proofs = {info.id: info.proof for info in (session.engines if session is not None else ())}
    for entry in shelf:
        _draw_weights_of(layout.box(), context, entry, proofs.get(str(entry.get("engine")), ""))
    if not gpu.state.busy:
        layout.operator("maquette.move_weights", icon="FILE_FOLDER")


def draw_device(layout: bpy.types.UILayout, context: bpy.types.Context, session: Session | None) -> None:
    """What computes, and the button that frees its memory; nothing where there is no accelerator."""
    if session is None:
        return
    say(layout, context, session.fell_back, "ERROR")
    if session.device:
        held = f", holds {in_words(session.device_memory)}" if session.device_memory else ""
        say(layout, context, f"{session.device}{held}", "MEMORY")
        layout.operator("maquette.free_memory", icon="TRASH")


def _draw_buttons(layout, context, facts: dict[str, Any]) -> None:
    downloads = gpu.can_install()
    if facts.get("supported") and not facts.get("current"):
        begun = "Continue Installing…" if facts.get("begun") else "Install GPU Engines…"
        text = "Update GPU Engines…" if facts.get("installed") else begun
        row = layout.row()
        row.scale_y = 1.2
        row.enabled = downloads
        row.operator("maquette.install_gpu_engines", text=text, icon="IMPORT")
        if not downloads:
            say(layout, context, f"{gpu.OFFLINE} {gpu.ALLOW}", "INFO")
    if facts.get("installed"):
        row = layout.row(align=True)
        row.operator("maquette.verify_gpu_engines")
        row.operator("maquette.repair_gpu_engines")
    if facts.get("installed") or facts.get("begun"):
        layout.operator("maquette.remove_gpu_engines", icon="TRASH")


def _draw_missing(layout, context) -> None:
    """What still keeps an engine from working, mostly its weights, and the way to them."""
    session, shelf = runtime.current(), gpu.state.shelf or ()
    listed = {info.id: info for info in (session.engines if session is not None else ()) if info.tier == "gpu"}
    wanting = {str(entry.get("engine", "")): entry for entry in shelf if _wants_files(entry)}
    lines = {id: f"{info.title}: {info.status}" for id, info in listed.items() if not info.available}
    for id, entry in wanting.items():  # not listed before the backend was first started
        if id not in listed:
            lines[id] = f"{entry.get('title', id)}: its weights are not here yet ({entry.get('size', '')})."
    for id, line in lines.items():
        box = layout.box()
        say(box, context, line, "INFO")
        if id in wanting:
            row = box.row()
            row.enabled = bpy.app.online_access
            row.operator("maquette.fetch_weights", icon="IMPORT").engine = id
    if any(id in wanting for id in lines) and not bpy.app.online_access:
        say(layout, context, f"{gpu.OFFLINE} {gpu.ALLOW} Or import them in the preferences.", "INFO")


def _wants_files(entry: dict[str, Any]) -> bool:
    return any(file.get("state") not in PRESENT for file in _files(entry))


def _files(entry: dict[str, Any]) -> list[dict[str, Any]]:
    files = entry.get("files")
    return [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []


def _draw_outcome(layout, context, outcome: gpu.Outcome) -> None:
    icon = {"done": "CHECKMARK", "failed": "ERROR"}.get(outcome.state, "INFO")
    say(layout, context, f"{outcome.sentence} {outcome.fix}", icon)
    row = layout.row(align=True)
    row.operator("maquette.show_errand_log", icon="TEXT")
    row.operator("maquette.copy_report", icon="COPYDOWN")


def _draw_weights_of(box, context, entry: dict[str, Any], proof: str) -> None:
    engine, files = str(entry.get("engine", "")), _files(entry)
    box.label(text=f"{entry.get('title', engine)}, {entry.get('size', '')}")
    say(box, context, str(entry.get("licence", "")))
    say(box, context, proof)
    for file in files:
        icon = "CHECKMARK" if file.get("state") in PRESENT else "ERROR" if file.get("state") == "damaged" else "NONE"
        say(box, context, f"{file.get('file')}: {_described(file)}", icon)
    if gpu.state.busy:
        return
    there = [file for file in files if file.get("state") in PRESENT]
    row = box.row(align=True)
    if len(there) < len(files):
        download = row.row(align=True)
        download.enabled = bpy.app.online_access
        download.operator("maquette.fetch_weights", icon="IMPORT").engine = engine
        row.operator("maquette.import_weights").engine = engine
    else:
        row.operator("maquette.verify_weights").engine = engine
    if any(file.get("state") != "absent" for file in files):
        row.operator("maquette.delete_weights", icon="TRASH").engine = engine
    if not bpy.app.online_access and len(there) < len(files):
        say(box, context, f"{gpu.OFFLINE} {gpu.ALLOW}", "INFO")


def _described(file: dict[str, Any]) -> str:
    state, held, size = file.get("state"), file.get("bytes"), file.get("size")
    held, size = (value if isinstance(value, int) else 0 for value in (held, size))
    if state == "absent":
        return f"not here ({in_words(size)})" if size else "not here"
    if state == "partial":
        return f"{in_words(held)} of {in_words(size)} here"
    if state == "damaged":
        return f"damaged. {file.get('why', '')}"
    return f"here ({in_words(held)}{', every byte verified' if state == 'verified' else ''})"
