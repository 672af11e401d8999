"""What the driver says, which build that means, and what the lock then names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from maquette.backend.errors import BadRequest
from maquette.backend.runtime.environment import accelerator, lock
from maquette.backend.runtime.environment.accelerator import Gpu, Machine, choose, from_libcuda, from_nvidia_smi
from maquette.backend.runtime.environment.builds import BUILDS, TORCH
from maquette.backend.runtime.environment.lock import NotForThisComputer, plan

ROOT = Path(__file__).resolve().parents[3]
GIB = 1 << 30
TURING, PASCAL, BLACKWELL = (7, 5), (6, 1), (12, 0)
WINDOWS, LINUX, MAC = "windows-x64", "linux-x64", "macos-arm64"

needs_sh = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts a stand-in for nvidia-smi on the PATH: a shell script with this body."""

    def put(body: str) -> None:
        path = tmp_path / "nvidia-smi"
        path.write_text("#!/bin/sh\n" + body)
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return put


# --------------------------------------------------------------------------------------- who is asked


@needs_sh
def test_nvidia_smi_tells_driver_name_memory_and_capability(tool):
    tool('echo "580.82.07, NVIDIA GeForce RTX 4070, 12282, 8.9"; echo "580.82.07, NVIDIA H200, 143771, 9.0"\n')
    gpus, driver, cuda = from_nvidia_smi()
    assert driver == (580, 82, 7) and cuda == ()
    assert gpus[0] == Gpu("NVIDIA GeForce RTX 4070", 12282 << 20, (8, 9))
    assert Machine(LINUX, "3.11", gpus, driver).best.name == "NVIDIA H200"


@needs_sh
def test_an_old_driver_that_does_not_know_the_capability_is_asked_without(tool):
    tool(
        'case "$*" in *compute_cap*) echo \'Field "compute_cap" is not a valid field\'; exit 2;; esac\n'
        'echo "470.256.02, NVIDIA GeForce GTX 1080, 8119"\n'
    )
    gpus, driver, _cuda = from_nvidia_smi()
    assert driver == (470, 256, 2) and gpus[0].capability == (0, 0)


@needs_sh
@pytest.mark.parametrize(
    "body",
    [
        "exit 9\n",
        "echo 'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.'\n",
        "printf '\\377\\376\\000,,,'\n",
        "echo ', , , '\n",
        "kill -SEGV $$\n",
        "sleep 60\n",
    ],
)
def test_a_broken_nvidia_smi_is_none(tool, body, monkeypatch):
    monkeypatch.setattr(accelerator, "PATIENCE", 0.5)
    tool(body)
    assert from_nvidia_smi() is None


@needs_sh
def test_strange_cells_are_nothing_to_stumble_over(tool):
    tool('echo "581.15, [N/A], [N/A], [N/A]"\n')
    gpus, driver, _cuda = from_nvidia_smi()
    assert driver == (581, 15) and gpus == (Gpu("[N/A]", 0, (0, 0)),)


def test_the_drivers_library_is_the_second_source():
    told = {"cuda": 13010, "gpus": [{"name": "RTX 5090", "memory": 32 * GIB, "major": 12, "minor": 0}]}
    gpus, driver, cuda = from_libcuda(lambda command: json.dumps(told))
    assert gpus == (Gpu("RTX 5090", 32 * GIB, BLACKWELL),) and driver == () and cuda == (13, 1)


@pytest.mark.parametrize("told", ["", "{}", "[]", '{"cuda": 1, "gpus": []}', '{"cuda": "x", "gpus": [{}]}', "[" * 9999])
def test_a_library_that_says_nothing_sensible_is_none(told):
    assert from_libcuda(lambda command: told) is None


def test_the_probe_runs_alone_and_never_fails():
    done = subprocess.run([sys.executable, "-I", str(accelerator.PROBE)], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr and isinstance(json.loads(done.stdout), dict)


def test_no_toolkit_is_ever_asked():
    folder = ROOT / "backend/runtime/environment"
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    code = re.sub(r'"""[\s\S]*?"""', "", code)
    assert "nvcc" not in code and "CUDA_HOME" not in code and "CUDA_PATH" not in code


# ---------------------------------------------------------------------------------------- what that means


def machine(platform: str, capability=(0, 0), driver=(), cuda=(), python="3.11", name="RTX") -> Machine:
    gpus = (Gpu(name, 8 * GIB, capability),) if driver or cuda else ()
    return Machine(platform, python, gpus, tuple(driver), tuple(cuda))


ALL = ("cpu", "cu126", "cu130")


@pytest.mark.parametrize(
    ("found", "available", "expected", "says"),
    [
        (machine(LINUX), ALL, "cpu", "No NVIDIA GPU was found"),
        (machine(LINUX, (8, 9), (580, 82, 7)), ALL, "cu130", ""),
        (machine(WINDOWS, BLACKWELL, (581, 15)), ALL, "cu130", ""),
        (machine(WINDOWS, (8, 9), (576, 2)), ALL, "cu126", ""),  # a CUDA 12 driver
        (machine(WINDOWS, (8, 9), (528, 33)), ALL, "cu126", ""),
        (machine(WINDOWS, (8, 9), (528, 2)), ALL, "cpu", "driver 528.2 is too old for PyTorch"),
        (machine(WINDOWS, PASCAL, (581, 15)), ALL, "cu126", ""),  # CUDA 13 has left Pascal behind
        (machine(WINDOWS, (3, 5), (470, 1)), ALL, "cpu", "RTX is too old for PyTorch"),
        (machine(LINUX, PASCAL, (580, 1)), ("cpu", "cu130"), "cpu", "RTX is too old"),
        (machine(LINUX, TURING, (550, 54, 14)), ("cpu", "cu130"), "cpu", "550.54.14 is too old.*580 or newer"),
        (machine(LINUX, TURING, (), (13, 0)), ALL, "cu130", ""),
        (machine(LINUX, TURING, (), (12, 4)), ALL, "cu126", ""),
        (machine(LINUX, TURING, (), (11, 8)), ALL, "cpu", "knows CUDA 11.8"),
        (machine(LINUX, (0, 0), (580, 1)), ALL, "cu130", ""),  # an untold capability is no reason against it
        (machine(LINUX, TURING, (580, 1)), ("cpu",), "cpu", "no PyTorch with CUDA for linux-x64"),
        (machine(MAC), ("mps",), "mps", "This Mac's own GPU"),
    ],
)
def test_the_build_follows_from_driver_and_gpu(found, available, expected, says):
    choice = choose(found, "auto", available)
    assert choice.build.name == expected
    assert re.search(says, choice.sentence) if says else choice.sentence == ""


def test_what_is_asked_for_is_given_or_refused_in_words():
    new, old = machine(LINUX, (8, 9), (580, 1)), machine(LINUX, (8, 9), (460, 1))
    assert choose(new, "cpu", ALL).build.name == "cpu"
    assert choose(new, "cuda", ALL).build.name == "cu130"
    assert choose(new, "cu126", ALL).build.name == "cu126"
    with pytest.raises(BadRequest, match=r"driver 460\.1 is too old"):
        choose(old, "cuda", ALL)
    with pytest.raises(BadRequest, match="No NVIDIA GPU"):
        choose(machine(LINUX), "cuda", ALL)
    with pytest.raises(BadRequest, match="no build cu126 for this computer"):
        choose(new, "cu126", ("cpu", "cu130"))


@pytest.mark.parametrize("platform", ["linux-arm64", "windows-arm64", "macos-x64", "plan9-vax"])
def test_a_platform_without_wheels_is_told_so(platform):
    with pytest.raises(NotForThisComputer, match=f"linux-x64.*this is {platform}"):
        plan(machine(platform))


def test_a_python_without_wheels_is_told_so():
    with pytest.raises(NotForThisComputer, match=r"Python 3\.11, 3\.12, 3\.13, 3\.14; this is 3\.19"):
        plan(machine(LINUX, python="3.19"))


@pytest.mark.parametrize(
    ("platform", "old", "new", "called"),
    [(LINUX, (2, 17), (2, 28), "glibc 2.28"), (MAC, (13, 6), (14, 0), "macOS 14")],
)
def test_a_system_that_is_too_old_is_told_before_the_download(platform, old, new, called):
    with pytest.raises(NotForThisComputer, match=f"PyTorch needs .*{called}.* or newer"):
        plan(Machine(platform, "3.11", system=old))
    assert plan(Machine(platform, "3.11", system=new)).wheels
    assert plan(Machine(platform, "3.11")).wheels  # musl, say: pip will tell


# ------------------------------------------------------------------------------------------- the lock

SETS = [
    (platform, python, build)
    for platform, pythons in lock.read()["sets"].items()
    for python, builds in pythons.items()
    for build in builds
]
TAGS = {LINUX: r"manylinux.*x86_64", WINDOWS: "win_amd64", MAC: r"macosx_1[1-4]_0_arm64"}


@pytest.mark.parametrize(("platform", "python", "build"), SETS)
def test_every_set_of_the_lock_fits_its_platform_and_python(platform, python, build):
    wheels = plan(machine(platform, python=python), build).wheels
    names = [wheel.name for wheel in wheels]
    assert len(set(names)) == len(names) and names[-1] == "torch"
    for wheel in wheels:
        name, version, pythons, abi, tag = re.fullmatch(r"(.+?)-(.+?)-(.+?)-(.+?)-(.+)\.whl", wheel.file).groups()
        assert re.sub(r"[-_.]+", "-", name).lower() == wheel.name and version == wheel.version
        compiled = f"cp{python.replace('.', '')}"
        older = re.fullmatch(r"cp3(\d+)", pythons)
        stable = abi == "abi3" and older and int(older[1]) <= int(python.split(".")[1])
        assert pythons in (compiled, "py3", "py2.py3") or stable, wheel.file
        assert tag == "any" or re.fullmatch(TAGS[platform], tag), wheel.file
        assert re.fullmatch("[0-9a-f]{64}", wheel.sha256) or (not wheel.verified and wheel.sha256 == "")
        assert wheel.bytes > 1000 and wheel.unpacked > wheel.bytes
    torch = wheels[-1]
    assert torch.version.split("+")[0] == TORCH == BUILDS[build].torch
    assert bool(torch.index) == ("+" in torch.version) and torch.index in ("", build)
    assert any(name.startswith("nvidia-") for name in names) == (platform == LINUX and build == "cu130")


def test_only_files_of_pytorchs_own_index_are_unverified():
    files = lock.read()["files"]
    assert {entry["index"] for entry in files.values() if not entry.get("verified", True)} == {"cpu", "cu126", "cu130"}
    verified = [name for name, entry in files.items() if entry.get("verified", True)]
    assert len(verified) > 60 and all(files[name]["sha256"] and files[name]["size"] for name in verified)


def test_the_lock_is_made_from_what_is_known_of_pytorchs_own_index():
    known = json.loads((ROOT / "requirements/gpu-torch.json").read_text(encoding="utf-8"))
    files = lock.read()["files"]
    for entry in known["files"]:
        name = f"torch-{TORCH}+{entry['build']}-{entry['tag']}.whl"
        assert files[name]["sha256"] == entry["sha256"] and files[name]["verified"] == entry.get("verified", False)
        assert files[name]["size"] == entry.get("size", 0)
        assert name in lock.read()["sets"][entry["platform"]][entry["python"]][entry["build"]]
    assert len(known["files"]) == sum(1 for entry in files.values() if entry.get("index"))


def test_the_lock_names_no_index_but_pytorchs():
    text = lock.FILE.read_text(encoding="utf-8")
    assert re.findall(r"\w+://[^\s\"]+", text) == ["https://download.pytorch.org/whl/"]
    torch = plan(machine(WINDOWS), "cu126").wheels[-1]
    assert torch.url == f"https://download.pytorch.org/whl/cu126/torch-{TORCH}%2Bcu126-cp311-cp311-win_amd64.whl"
    assert plan(machine(WINDOWS), "cpu").wheels[-1].url == ""


def test_the_lock_has_all_that_was_asked_for():
    asked = (ROOT / "requirements/gpu.in").read_text(encoding="utf-8")
    wanted = {line.split("==")[0] for line in asked.splitlines() if re.match(r"\w", line)}
    assert {"torch", "numpy", "safetensors", "pillow"} == wanted
    for platform, python, build in SETS:
        assert wanted <= {wheel.name for wheel in plan(machine(platform, python=python), build).wheels}


def test_another_build_or_hash_is_another_plan():
    here = machine(WINDOWS)
    keys = {plan(here, build).key for build in ("cpu", "cu126", "cu130")}
    keys.add(plan(machine(WINDOWS, python="3.13"), "cpu").key)
    assert len(keys) == 4 and plan(here, "cpu").key in keys


def test_sizes_are_those_that_people_are_told():
    small, large = plan(machine(LINUX), "cpu"), plan(machine(LINUX, (8, 9), (580, 1)))
    assert large.choice.build.name == "cu130"
    assert 2e8 < small.download < 3e8 and 5e8 < small.installed < 1e9
    assert 2e9 < large.download < 3e9 and 3e9 < large.installed < 6e9
