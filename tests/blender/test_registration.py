"""What Blender sees of the add-on: classes, words, and that it comes and goes cleanly."""

import bpy
import pytest


def operators():
    return [cls for cls in bpy.types.Operator.__subclasses__() if cls.__name__.startswith("MAQUETTE_OT_")]


def test_registering_twice_and_unregistering_twice_is_safe(addon):
    import importlib

    package = importlib.import_module(addon.launching.PACKAGE)
    try:
        package.register()
        package.register()
        assert hasattr(bpy.types.Scene, "maquette")
        assert bpy.app.handlers.load_post.count(addon.runtime._after_load) == 1
        package.unregister()
        package.unregister()
        assert not hasattr(bpy.types.Scene, "maquette")
        assert addon.runtime._after_load not in bpy.app.handlers.load_post
    finally:
        package.register()


def test_every_operator_and_option_tells_the_artist_what_it_does(addon):
    assert len(operators()) >= 15
    for cls in operators():
        assert cls.bl_description and not cls.bl_description.endswith("."), cls.bl_idname
        for name, prop in cls.bl_rna.properties.items():
            built_in = name in bpy.types.Operator.bl_rna.properties and name not in vars(cls).get("__annotations__", {})
            if built_in or name in ("filter_image", "filter_folder", "about"):
                continue
            assert prop.description, f"{cls.bl_idname}.{name}"
    for name, prop in addon.properties.MAQUETTE_PG_settings.bl_rna.properties.items():
        assert name in ("rna_type", "name") or prop.description, name


def test_a_click_takes_the_panels_settings_and_not_the_last_clicks(addon):
    """Blender fills a button's options from its last use, unless they are marked."""
    for cls in operators():
        if "_generate_from_" in cls.__name__:
            kept = [
                name for name, prop in cls.bl_rna.properties.items() if name != "rna_type" and not prop.is_skip_save
            ]
            assert set(kept) <= set(bpy.types.Operator.bl_rna.properties.keys()), cls.bl_idname


def test_words_of_the_trade_stay_out_of_sight(addon):
    jargon = ("backend", "json", "socket", "tensor", "inference", "vertex colour attribute", "subprocess")
    for cls in operators():
        seen = f"{cls.bl_label} {cls.bl_description}".lower()
        assert not any(word in seen for word in jargon), seen


@pytest.mark.parametrize("preset", ["fast", "standard", "fine"])
def test_panel_and_scripts_offer_the_same_presets(addon, preset):
    settings = bpy.context.scene.maquette
    settings.preset = preset
    offered = bpy.ops.maquette.generate_from_image.get_rna_type().properties["preset"].enum_items.keys()
    assert preset in offered


def test_the_threads_preference_reaches_the_launch(addon):
    addon.wishes.preferences().threads = 3
    try:
        assert addon.launching.best_launch(try_out=False).threads == 3
    finally:
        addon.wishes.preferences().threads = 0


def test_the_launch_names_what_exists(addon):
    from pathlib import Path

    launch = addon.launching.best_launch(try_out=False)
    assert Path(launch.interpreter).is_file() and (launch.root / "backend" / "__main__.py").is_file()
    assert launch.data_dir.is_dir() and "maquette" in str(launch.data_dir)
    assert any(Path(launch.blas_path).rglob("*openblas*.so*")) or any(Path(launch.blas_path).rglob("*openblas*.d*"))
    assert not launch.interactive  # nobody watches a Blender without a window


def test_a_profile_that_cannot_be_written_is_replaced(addon, monkeypatch, tmp_path):
    launching = addon.launching

    def refuse():
        raise OSError("read-only")

    monkeypatch.setattr(launching, "_extension_folder", refuse)
    monkeypatch.setattr(launching, "_user_folder", lambda: str(tmp_path / "user"))
    assert launching.data_dir.__wrapped__() == tmp_path / "user"
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(launching, "_user_folder", lambda: str(tmp_path / "file" / "below"))
    folder = launching.data_dir.__wrapped__()
    assert folder.is_dir() and not list(folder.iterdir())
    folder.rmdir()


def test_the_interpreter_is_found_and_tried(addon, tmp_path):
    import importlib
    import sys

    finder = importlib.import_module(addon.runtime.__package__ + ".interpreter")
    assert next(finder.candidates()) == sys.executable
    fake = tmp_path / "python" / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    fake.parent.mkdir(parents=True)
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    assert str(fake) in list(finder.candidates(str(tmp_path)))
    assert not finder._runs(str(fake)) and finder._runs(sys.executable)
    assert finder.find_interpreter(str(tmp_path)) == sys.executable
