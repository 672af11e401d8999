"""What pictures and texts are given alike in the panel: the engine, its seed, and the button."""

from __future__ import annotations

from . import catalogue
from .drawing import say


def fields(layout):
    """A column of named fields."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def draw_meaning(column, text: str) -> None:
    """A greyed line under a field, in line with its value."""
    split = column.split(factor=0.4)
    split.label(text="")
    line = split.row()
    line.active = False
    line.label(text=text)


def draw_engine(layout, context, menu: str, id: str) -> None:
    """The menu, and why its choice cannot be used now, where that is so."""
    split = layout.split(factor=0.4)
    label = split.row()
    label.alignment = "RIGHT"
    label.label(text="Engine")
    split.menu(menu, text=catalogue.title(id))
    engine = catalogue.engine(id)
    if engine is not None and not engine.available:
        say(layout, context, engine.status, "ERROR")
    elif engine is None and catalogue.engines():
        say(layout, context, "This engine is not here. Choose another.", "ERROR")


def draw_chance(column, settings, engine: str) -> None:
    """The seed, whether it is drawn anew each time, and how many results; nothing where no seed counts."""
    if not catalogue.seeded(engine):
        return
    row = column.row(align=True)
    field = row.row(align=True)
    field.active = not settings.new_seed
    field.prop(settings, "seed")
    row.operator("maquette.draw_seed", text="", icon="FILE_REFRESH")
    column.prop(settings, "new_seed", text="New Each Time")  # the sidebar is narrow
    column.prop(settings, "variations")


def draw_button(layout, operator: str, icon: str, settings, engine: str) -> None:
    """The large one. It says how many results there will be, where that is not one."""
    column = layout.column(align=True)
    column.scale_y = 1.4
    count = settings.variations if catalogue.seeded(engine) else 1
    if count > 1:
        column.operator(operator, text=f"Generate {count} Variations", icon=icon)
    else:
        column.operator(operator, icon=icon)
