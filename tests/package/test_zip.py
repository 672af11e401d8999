"""What is in the zips, and that two builds of the same files are the same bytes."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from maquette.build_tools import package, pythons, wheelhouse

ROOT = Path(__file__).resolve().parents[2]
EVERY = (*package.PLATFORMS, package.UNIVERSAL)


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def manifest(path: Path) -> dict:
    with zipfile.ZipFile(path) as archive:
        return tomllib.loads(archive.read("blender_manifest.toml").decode())


@pytest.mark.parametrize("platform", EVERY)
def test_the_zip_holds_the_package_and_nothing_else(zips, platform):
    found = names(zips[platform])
    tops = {name.split("/")[0] for name in found}
    assert tops == {
        "__init__.py", "blender_manifest.toml", "blender_addon", "backend", "wheels", "LICENSE", "CREDITS.md"
    }  # fmt: skip
    for unwanted in ("__pycache__", ".pyc", "tests/", "backend/training/", "backend/evaluation/", "/.", ".part"):
        assert not [name for name in found if unwanted in name]
    for needed in ("blender_addon/__init__.py", "backend/__main__.py", "backend/protocol.py"):
        assert needed in found
    assert [name for name in found if name.startswith("backend/weights/") and name.endswith(".safetensors")]


@pytest.mark.parametrize("platform", EVERY)
def test_the_manifest_names_the_platforms_and_wheels_of_its_own_zip(zips, platform):
    told = manifest(zips[platform])
    expected = package.PLATFORMS if platform == package.UNIVERSAL else (platform,)
    assert told["platforms"] == list(expected)
    packed = {f"./{name}" for name in names(zips[platform]) if name.startswith("wheels/")}
    assert set(told["wheels"]) == packed and len(packed) == len(expected)
    assert told["blender_version_min"] == "4.2.0"
    assert told["license"] == ["SPDX:GPL-3.0-or-later"]


@pytest.mark.parametrize("platform", EVERY)
def test_no_wheel_is_bound_to_a_version_of_python(zips, platform):
    for wheel in manifest(zips[platform])["wheels"]:
        _name, _version, python, abi, _tag = Path(wheel).stem.split("-")
        assert (python, abi) == ("py3", "none")
    compiled = (".so", ".pyd", ".dll", ".dylib")
    assert not [name for name in names(zips[platform]) if name.endswith(compiled)]


@pytest.mark.parametrize("platform", package.PLATFORMS)
def test_the_wheel_is_the_locked_one_with_a_library_for_that_platform(zips, platform):
    entry = wheelhouse.read_lock()["wheels"][platform]
    with zipfile.ZipFile(zips[platform]) as archive:
        content = archive.read(f"wheels/{entry['file']}")
    assert hashlib.sha256(content).hexdigest() == entry["sha256"] and len(content) == entry["size"]
    suffix = {"linux": ".so", "windows": ".dll", "macos": ".dylib"}[platform.split("-")[0]]
    with zipfile.ZipFile(wheelhouse.WHEELS / entry["file"]) as wheel:
        inside = wheel.namelist()
        (library,) = [name for name in inside if name.endswith(suffix)]
        assert b"scipy_cblas_sgemm\0" in wheel.read(library)  # the function that the backend calls
    assert [name for name in inside if "LICENSE" in name]


@pytest.mark.parametrize("platform", EVERY)
def test_the_zip_can_install_the_gpu_runtime(zips, platform):
    """Its lock, its scripts, and pip as a wheel that Blender does not install."""
    version, hashes = wheelhouse.pinned_pip()
    carried = f"backend/runtime/environment/pip-{version}-py3-none-any.whl"
    with zipfile.ZipFile(zips[platform]) as archive:
        assert hashlib.sha256(archive.read(carried)).hexdigest() in hashes
        lock = json.loads(archive.read("backend/runtime/environment/lock.json"))
    assert set(lock["sets"]) == {"linux-x64", "windows-x64", "macos-arm64"}
    assert [name for name in names(zips[platform]) if name.endswith(".whl") and "wheels/" not in name] == [carried]
    assert not [wheel for wheel in manifest(zips[platform])["wheels"] if "pip" in wheel]
    for script in ("leash.py", "probe_cuda.py", "self_test.py"):
        assert f"backend/runtime/environment/{script}" in names(zips[platform])


def test_the_pip_of_the_zip_runs_as_it_is(zips, tmp_path):
    version, _hashes = wheelhouse.pinned_pip()
    carried = f"backend/runtime/environment/pip-{version}-py3-none-any.whl"
    with zipfile.ZipFile(zips["linux-x64"]) as archive:
        archive.extract(carried, tmp_path)
    command = [sys.executable, "-I", str(tmp_path / carried / "pip"), "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.startswith(f"pip {version} from {tmp_path}")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    command = [sys.executable, str(ROOT / "build.py"), "package", "linux-x64", "--offline", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    tmp_path.chmod(0o700)
    assert done.returncode == 1 and "cannot be written: permission denied" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_in_place_of_the_folder_is_told_in_one_sentence(tmp_path):
    (tmp_path / "taken").write_text("")
    command = [sys.executable, str(ROOT / "build.py"), "package", "linux-x64", "--offline"]
    done = subprocess.run([*command, "--out", str(tmp_path / "taken")], capture_output=True, text=True)
    assert done.returncode == 1 and "cannot be written" in done.stderr and "Choose another folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_sizes_add_up(zips):
    parts = package.sizes(zips["linux-x64"])
    with zipfile.ZipFile(zips["linux-x64"]) as archive:
        assert sum(parts.values()) == sum(info.file_size for info in archive.infolist())
    assert parts["wheels"] > 5e6 and parts["weights"] > 1e6 and 1e4 < parts["code"] < 3e6


def copy_of_checkout(target: Path, backwards: bool) -> None:
    """The files that packing reads, created in one order or the other, so that the disk lists them differently."""
    entry = wheelhouse.read_lock()["wheels"]["linux-x64"]["file"]
    singles = ["build.py", "blender_manifest.toml", "LICENSE", "CREDITS.md", "wheels/openblas.lock.json"]
    singles += ["requirements/pip.lock", f"wheels/{wheelhouse.fetch_pip().name}"]
    files = [Path(name) for name in (*singles, f"wheels/{entry}")]
    for folder in ("blender_addon", "backend", "build_tools"):
        files += [path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in sorted(files, reverse=backwards):
        if "__pycache__" not in path.parts:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target / path)


def build_in(folder: Path, python: str, umask: int, moment: int, zone: str) -> bytes:
    """Packs the checkout at ``folder`` in a process of its own and returns the zip's SHA-256."""
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment))
    command = [python, "-B", str(folder / "build.py"), "package", "linux-x64", "--offline", "--out", str(folder / "o")]
    before = os.umask(umask)
    try:
        subprocess.run(command, check=True, capture_output=True, cwd=folder.parent, env={**os.environ, "TZ": zone})
    finally:
        os.umask(before)
    (archive,) = (folder / "o").glob("*.zip")
    return hashlib.sha256(archive.read_bytes()).digest()


def test_two_builds_elsewhere_are_equal_byte_for_byte(tmp_path):
    oldest = next((path for path in map(pythons.find, ("3.9", "3.10", "3.13", "3.12")) if path), sys.executable)
    first, second = tmp_path / "here", tmp_path / "far" / "away"
    copy_of_checkout(first, backwards=False)
    copy_of_checkout(second, backwards=True)
    one = build_in(first, sys.executable, umask=0o022, moment=1_000_000_000, zone="UTC")
    two = build_in(second, oldest, umask=0o077, moment=1_700_000_000, zone="Asia/Tokyo")
    assert one == two


def test_a_changed_line_changes_the_zip(tmp_path):
    copy_of_checkout(tmp_path / "a", backwards=False)
    one = build_in(tmp_path / "a", sys.executable, 0o022, 1_000_000_000, "UTC")
    with (tmp_path / "a/backend/protocol.py").open("a") as file:
        file.write("\n")
    assert build_in(tmp_path / "a", sys.executable, 0o022, 1_000_000_000, "UTC") != one


def test_a_wheel_that_is_not_the_locked_one_is_refused(tmp_path):
    copy_of_checkout(tmp_path / "a", backwards=False)
    (wheel,) = (tmp_path / "a/wheels").glob("scipy*.whl")
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"!")
    command = [sys.executable, str(tmp_path / "a/build.py"), "package", "linux-x64", "--offline"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "is not the file of the lock" in done.stderr and "Traceback" not in done.stderr
    wheel.unlink()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "is missing" in done.stderr and "Traceback" not in done.stderr
    assert not list((tmp_path / "a").glob("dist/*.zip"))


def imports(source: str, module: str) -> set[str]:
    """Absolute names that ``module`` ("backend.surface.grid") imports, relative ones resolved."""
    found = set()
    package_parts = module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package_parts[: len(package_parts) - node.level + 1] if node.level else []
            assert not node.level or node.level <= len(package_parts) + 1, f"{module} reaches above the package"
            found.add(".".join([*base, *filter(None, [node.module])]) or ".")
    return found


def modules(path: Path) -> dict[str, str]:
    """Dotted name → source of every module in a zip; a package's is "NAME.__init__"."""
    with zipfile.ZipFile(path) as archive:
        return {
            name[:-3].replace("/", "."): archive.read(name).decode()
            for name in archive.namelist()
            if name.endswith(".py") and "/" in name
        }


def test_shipped_code_imports_only_what_blender_has(zips):
    """The standard library, NumPy, what is in the zip; bpy in the add-on only; Pillow where a tool asks for it."""
    shipped = modules(zips["linux-x64"])
    allowed = set(sys.stdlib_module_names) | {"numpy", "backend", "blender_addon", ""}
    blender = {"bpy", "mathutils", "bpy_extras", "bl_ui", "bmesh", "gpu", "gpu_extras", "addon_utils"}
    optional = {"PIL", "scipy_openblas32", "certifi"} | OF_THE_RUNTIME
    for name, source in shipped.items():
        roots = {imported.split(".")[0] for imported in imports(source, name)}
        extra = blender if name.startswith("blender_addon.") else optional
        assert roots <= allowed | extra, f"{name} imports {roots - allowed - extra}"


def at_import(source: str, module: str, known: set[str]) -> set[str]:
    """Like ``imports``, but only what is imported as soon as ``module`` is: not inside functions, not for type checks.

    ``from . import name`` counts as the submodule too where there is one.
    """
    found: set[str] = set()
    parts = module.split(".")[:-1]
    waiting = list(ast.parse(source).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(
                [*(parts[: len(parts) - node.level + 1] if node.level else []), *filter(None, [node.module])]
            )
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names if f"{base}.{alias.name}" in known}
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += [
                child for child in ast.iter_child_nodes(node) if isinstance(child, (ast.stmt, ast.excepthandler))
            ]
    return found


EMBEDDED = ("backend.__main__", "backend.server", "backend.pipeline", "backend.engines.__init__")
OF_THE_RUNTIME = {"torch", "safetensors", "gsplat"}  # there only once the GPU runtime is installed; gsplat by luck


def reached(shipped: dict[str, str], roots: tuple[str, ...]) -> dict[str, list[str]]:
    """Every name that is imported when ``roots`` are, with the chain of modules that leads there."""
    known = set(shipped) | {name.removesuffix(".__init__") for name in shipped}
    chains = {root: [root] for root in roots}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        module = name if name in shipped else f"{name}.__init__"
        if module not in shipped:
            continue
        for imported in at_import(shipped[module], module, known):
            above = [".".join(imported.split(".")[:i]) for i in range(1, imported.count(".") + 2)]
            for each in above:  # importing a.b.c imports a and a.b first
                if each not in chains:
                    chains[each] = [*chains[name], each]
                    waiting.append(each)
    return chains


def test_the_embedded_tier_starts_without_the_gpu_runtime(zips):
    shipped = modules(zips["linux-x64"])
    addon = tuple(name for name in shipped if name.startswith("blender_addon."))
    chains = reached(shipped, EMBEDDED + addon)
    assert "backend.protocol" in chains and "numpy" in chains  # the walk walks
    for name in OF_THE_RUNTIME:
        assert name not in chains, " imports ".join(chains[name])


def test_a_chain_of_imports_is_found(zips):
    shipped = {
        "backend.__main__": "from . import one",
        "backend.__init__": "",
        "backend.one": "if True:\n    from .two import x\ndef f():\n    import safetensors",
        "backend.two.__init__": "try:\n    import torch.nn\nexcept ImportError:\n    pass",
    }
    chains = reached(shipped, ("backend.__main__",))
    assert chains["torch"] == ["backend.__main__", "backend.one", "backend.two", "torch"]
    assert "safetensors" not in chains


def test_what_shipped_code_imports_is_in_the_zip(zips):
    """Nothing leans on a folder that stays behind (training, evaluation, tests)."""
    shipped = modules(zips["linux-x64"])
    known = set(shipped) | {name.removesuffix(".__init__") for name in shipped}
    for name, source in shipped.items():
        for imported in imports(source, name):
            if imported.split(".")[0] in ("backend", "blender_addon"):
                assert imported in known, f"{name} imports {imported}, which is not in the zip"
