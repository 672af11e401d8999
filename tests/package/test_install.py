"""The built zip in a real Blender: installed in a fresh profile, enabled, used, updated and removed.

Each scenario is a process of its own, because Blender reads its profile once, when the module is imported.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest
from maquette.build_tools import package

if importlib.util.find_spec("bpy") is None:
    pytest.skip("needs Blender's Python module", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
OWN = package.this_platform()

PRELUDE = """
import json, os, sys
from pathlib import Path
import bpy, addon_utils
PROFILE = Path(os.environ["BLENDER_USER_RESOURCES"])
NAME = "bl_ext.user_default.maquette"
def install(path, **more):
    return bpy.ops.extensions.package_install_files(
        repo="user_default", filepath=str(path), enable_on_install=True, **more)
def resume():
    # A new session as a window has it: the module itself starts from factory settings.
    if bpy.app.version >= (5, 0, 0):
        bpy.ops.wm.read_userpref()
    else:  # there the module dies in read_userpref, with or without extensions
        addon_utils.enable(NAME, default_set=True)
def repository():
    return [repo.module for repo in bpy.context.preferences.extensions.repos].index("user_default")
def enabled():
    return NAME in bpy.context.preferences.addons and addon_utils.check(NAME)[1]
def operators():
    return sorted(name for name in dir(bpy.ops.maquette) if not name.startswith("_"))
def files():
    return sorted(str(path.relative_to(PROFILE)) for path in PROFILE.rglob("*") if path.is_file())
def tell(**facts):
    Path(os.environ["FACTS"]).write_text(json.dumps(facts))
"""


class Blender:
    """Runs Python in Blender's module, one process a call, all with one profile."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.profile = folder / "profile"
        self.output = ""

    def __call__(self, code: str, **values: object) -> dict:
        facts = self.folder / "facts.json"
        facts.unlink(missing_ok=True)
        lines = PRELUDE + "".join(f"{name} = {value!r}\n" for name, value in values.items()) + textwrap.dedent(code)
        environment = {**os.environ, "BLENDER_USER_RESOURCES": str(self.profile), "FACTS": str(facts)}
        done = subprocess.run(
            [sys.executable, "-c", lines], env=environment, cwd=self.folder, capture_output=True, text=True, timeout=180
        )
        self.output = done.stdout + done.stderr
        assert done.returncode == 0 and facts.exists(), self.output
        return json.loads(facts.read_text())


@pytest.fixture
def blender(tmp_path: Path) -> Blender:
    return Blender(tmp_path)


def packager(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Blender's own extension command line; it needs no running Blender."""
    home = Path(importlib.util.find_spec("bpy").origin).parent  # type: ignore[union-attr, arg-type]
    (script,) = home.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    return subprocess.run([sys.executable, script, *map(str, arguments)], capture_output=True, text=True)


@pytest.mark.parametrize("platform", (*package.PLATFORMS, package.UNIVERSAL))
def test_the_official_packager_finds_nothing_wrong(zips, platform):
    done = packager("validate", zips[platform])
    assert done.returncode == 0 and "rror" not in done.stdout + done.stderr, done.stdout + done.stderr


def test_a_self_hosted_repository_lists_every_platform(zips, tmp_path):
    for platform in package.PLATFORMS:
        (tmp_path / zips[platform].name).write_bytes(zips[platform].read_bytes())
    done = packager("server-generate", "--repo-dir", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = json.loads((tmp_path / "index.json").read_text())["data"]
    assert {platform for entry in listed for platform in entry["platforms"]} == set(package.PLATFORMS)
    assert {entry["id"] for entry in listed} == {"maquette"} and len(listed) == len(package.PLATFORMS)


@pytest.mark.parametrize("kind", [OWN, package.UNIVERSAL])
def test_one_zip_installs_enables_and_brings_its_library(zips, blender, kind):
    facts = blender(
        """
        before = operators()
        answer = install(ZIP)
        import numpy, scipy_openblas32
        tell(before=before, answer=list(answer), enabled=enabled(), operators=operators(), files=files(),
             library=scipy_openblas32.__file__)
        """,
        ZIP=str(zips[kind]),
    )
    assert facts["before"] == [] and facts["answer"] == ["FINISHED"] and facts["enabled"]
    assert {"generate_from_image", "generate_from_folder"} <= set(facts["operators"])
    assert Path(facts["library"]).is_relative_to(blender.profile), "the wheel is not the zip's"
    assert "extensions/user_default/maquette/blender_manifest.toml" in facts["files"]


def test_it_is_still_there_in_the_next_session(zips, blender):
    blender('install(ZIP); bpy.ops.wm.save_userpref(); tell()', ZIP=str(zips[OWN]))  # fmt: skip
    facts = blender(
        """
        resume()
        import scipy_openblas32
        tell(enabled=enabled(), operators=operators(), library=scipy_openblas32.__file__)
        """
    )
    assert facts["enabled"] and "generate_from_image" in facts["operators"]
    assert Path(facts["library"]).is_relative_to(blender.profile)


def test_switching_it_off_and_on_leaves_nothing_behind(zips, blender):
    facts = blender(
        """
        types = set(dir(bpy.types))
        scene = set(bpy.types.Scene.bl_rna.properties.keys())
        manager = set(bpy.types.WindowManager.bl_rna.properties.keys())
        handlers = {name: list(getattr(bpy.app.handlers, name)) for name in dir(bpy.app.handlers)
                    if isinstance(getattr(bpy.app.handlers, name), list)}
        install(ZIP)
        first = operators()
        for _ in range(3):
            addon_utils.disable(NAME, default_set=True)
            off = operators()
            left = sorted(set(bpy.types.Scene.bl_rna.properties.keys()) - scene)
            left += sorted(set(bpy.types.WindowManager.bl_rna.properties.keys()) - manager)
            left += [name for name, was in handlers.items() if len(getattr(bpy.app.handlers, name)) != len(was)]
            left += sorted(name for name in set(dir(bpy.types)) - types if "maquette" in name.lower())
            addon_utils.enable(NAME, default_set=True)
        tell(first=first, off=off, left=left, again=operators(), enabled=enabled())
        """,
        ZIP=str(zips[OWN]),
    )
    assert facts["off"] == [] and facts["left"] == []
    assert facts["again"] == facts["first"] and facts["enabled"]


def test_removing_it_leaves_no_file(zips, blender):
    blender(
        """
        install(ZIP)
        own = bpy.utils.extension_path_user(NAME, path="", create=True)  # where the add-on keeps its queue and log
        Path(own, "some.log").write_text("something")
        bpy.ops.wm.save_userpref()
        tell()
        """,
        ZIP=str(zips[OWN]),
    )
    facts = blender(
        """
        resume()
        was = enabled()
        bpy.ops.extensions.package_uninstall(repo_index=repository(), pkg_id="maquette")
        bpy.ops.wm.save_userpref()
        tell(was=was, enabled=enabled(), operators=operators(), files=files())
        """
    )
    assert facts["was"] and not facts["enabled"] and facts["operators"] == []
    left = [name for name in facts["files"] if "maquette" in name or "openblas" in name]
    assert left == []
    facts = blender("tell(enabled=enabled(), operators=operators())")
    assert not facts["enabled"] and facts["operators"] == [] and "Traceback" not in blender.output


def test_installing_over_an_older_one_updates_it(zips, blender, tmp_path):
    older = tmp_path / "older"
    older.mkdir()
    with zipfile.ZipFile(zips[OWN]) as source, zipfile.ZipFile(older / "maquette.zip", "w") as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "blender_manifest.toml":
                content = content.replace(
                    f'version = "{package.manifest_field("version")}"'.encode(), b'version = "0.0.1"'
                )
            target.writestr(info.filename, content)
        target.writestr("blender_addon/gone_in_the_new_one.py", "")
    blender('install(ZIP); bpy.ops.wm.save_userpref(); tell()', ZIP=str(older / "maquette.zip"))  # fmt: skip
    facts = blender(
        """
        resume()
        answer = install(ZIP)
        tell(answer=list(answer), enabled=enabled(), operators=operators(), files=files())
        """,
        ZIP=str(zips[OWN]),
    )
    assert facts["answer"] == ["FINISHED"] and facts["enabled"] and "generate_from_image" in facts["operators"]
    assert not [name for name in facts["files"] if "gone_in_the_new_one" in name]
    manifest = blender.profile / "extensions/user_default/maquette/blender_manifest.toml"
    assert f'version = "{package.manifest_field("version")}"' in manifest.read_text()


def test_the_zip_of_another_platform_is_refused_in_words(zips, blender):
    other = "windows-x64" if not OWN.startswith("windows") else "linux-x64"
    facts = blender(
        """
        try:
            said = str(install(ZIP))
        except RuntimeError as error:
            said = str(error)
        tell(said=said, enabled=enabled(), operators=operators())
        """,
        ZIP=str(zips[other]),
    )
    assert not facts["enabled"] and facts["operators"] == []
    assert other in facts["said"] + blender.output
