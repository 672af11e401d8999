"""What the user chooses, kept with the scene: input only. What runs is kept by ``runtime``."""

from __future__ import annotations

import bpy

from . import thumbnails

PRESETS = (
    ("fast", "Fast", "Coarse and quick: good for a first look"),
    ("standard", "Standard", "Good detail in a few seconds"),
    ("fine", "Fine", "The most detail; takes longest"),
)
_AUTOMATIC = (
    "Uses the picture's transparency if it has any; otherwise removes the background, by a learned remover where one "
    "is installed under GPU Engines, else by its colours"
)
_LEARNED = "Finds the object before any background, by a GPU engine that has learned what objects look like"
CUTOUTS = (  # the numbers are what .blend files keep
    ("auto", "Automatic", _AUTOMATIC, "NONE", 0),
    ("alpha", "Transparency", "What is transparent in the picture is not part of the object", "NONE", 1),
    ("learned", "Learned (GPU engine)", _LEARNED, "NONE", 4),
    ("background", "Background", "Removes a plain or smooth background, whatever the transparency says", "NONE", 2),
    ("none", "Off", "The whole picture is the object", "NONE", 3),
)
DEFAULT_ENGINE = "pocket"  # for pictures
DEFAULT_TEXT_ENGINE = "pocket_text"
BATCH_FACES = 20_000
MOST_VARIATIONS = 64
# Blender 4.5 and later want to be told which paths may begin with //; earlier ones do not know the word.
RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5, 0) else set()


def _picture_changed(self, _context) -> None:
    if self.source == "FILE":
        thumbnails.refresh(self.filepath)
    else:
        thumbnails.refresh_image(self.image)


def _is_picture(_self, image: bpy.types.Image) -> bool:
    return image.source != "MOVIE"


class MAQUETTE_PG_settings(bpy.types.PropertyGroup):
    source: bpy.props.EnumProperty(
        name="Picture From",
        description="Where the picture comes from",
        items=(
            ("FILE", "File", "A picture on this computer"),
            ("IMAGE", "Open Image", "An image that is open in Blender, with everything painted on it so far"),
        ),
        update=_picture_changed,
    )
    filepath: bpy.props.StringProperty(
        name="Picture",
        description="Picture of the object: one thing, seen from the front, whole and clear of its surroundings",
        subtype="FILE_PATH",
        options={"ANIMATABLE", *RELATIVE},
        update=_picture_changed,
    )
    image: bpy.props.PointerProperty(
        name="Image",
        description="Image of the object, open in Blender. It need not be saved",
        type=bpy.types.Image,
        poll=_is_picture,
        update=_picture_changed,
    )
    prompt: bpy.props.StringProperty(name="Text", description="Describe the object in a few English words")
    negative_prompt: bpy.props.StringProperty(name="Without", description="What the object should not be or have")
    prompts: bpy.props.PointerProperty(
        name="Text Block",
        description="A text of Blender's Text Editor: every line becomes an object. Lines beginning with # do not",
        type=bpy.types.Text,
    )
    engine: bpy.props.StringProperty(
        name="Engine", description="What makes meshes from pictures", default=DEFAULT_ENGINE
    )
    text_engine: bpy.props.StringProperty(
        name="Engine", description="What makes meshes from texts", default=DEFAULT_TEXT_ENGINE
    )
    preset: bpy.props.EnumProperty(name="Detail", description="How fine the mesh is", items=PRESETS, default="standard")
    cutout: bpy.props.EnumProperty(
        name="Cut-out", description="How the object is told from its background", items=CUTOUTS, default="auto"
    )
    target_faces: bpy.props.IntProperty(
        name="Faces",
        description="About how many triangles the mesh should have. 0 keeps all of them",
        default=0,
        min=0,
        soft_max=500_000,
        max=10_000_000,
        step=1000,
    )
    height: bpy.props.FloatProperty(
        name="Height",
        description="How tall the object is. 0 makes its longest side one metre",
        default=0.0,
        min=0.0,
        soft_max=10.0,
        max=10_000.0,
        subtype="DISTANCE",
        unit="LENGTH",
    )
    seed: bpy.props.IntProperty(
        name="Seed", description="Another number gives another result; the same one gives the same", default=0, min=0
    )
    new_seed: bpy.props.BoolProperty(
        name="New Seed Each Time",
        description="Every press of the button draws a new seed. It stays in the field, so that you can keep it",
        default=True,
    )
    variations: bpy.props.IntProperty(
        name="Variations",
        description="So many results at once, each from the next seed, beside each other",
        default=1,
        min=1,
        soft_max=9,
        max=MOST_VARIATIONS,
    )


CLASSES = (MAQUETTE_PG_settings,)


@bpy.app.handlers.persistent
def _refresh_thumbnails(*_) -> None:
    """For the scenes that are looked at. A file that is merely opened must not make Blender call other computers."""
    manager = bpy.context.window_manager
    for scene in {window.scene for window in manager.windows} if manager is not None else ():
        settings = scene.maquette
        image = settings.image
        path = settings.filepath if settings.source == "FILE" else image.filepath if image is not None else ""
        if not thumbnails.elsewhere(path):
            _picture_changed(settings, None)


def register() -> None:
    bpy.types.Scene.maquette = bpy.props.PointerProperty(type=MAQUETTE_PG_settings)
    bpy.app.handlers.load_post.append(_refresh_thumbnails)
    bpy.app.timers.register(_refresh_thumbnails, first_interval=0.5, persistent=True)  # of the file that is open


def unregister() -> None:
    if bpy.app.timers.is_registered(_refresh_thumbnails):
        bpy.app.timers.unregister(_refresh_thumbnails)
    bpy.app.handlers.load_post.remove(_refresh_thumbnails)
    del bpy.types.Scene.maquette
