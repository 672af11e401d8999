"""build.py on the computers it may meet."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from maquette.build_tools import (
    environments,
    interpreters,
    libraries,
    package,
    packager,
    paths,
    pips,
    pythons,
    steps,
    wheelhouse,
)
from maquette.build_tools.verbs import bench, evaluate

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
VERBS = ("demo", "test", "bench", "package", "evaluate", "train", "wheels", "lint", "clean")


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_help_under_every_python(version):
    python = pythons.find(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    done = subprocess.run([python, "-B", "build.py", "help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for verb in VERBS:
        assert re.search(rf"^\s+{verb}\s+\w", done.stdout, re.MULTILINE)


def test_a_python_that_is_too_old_is_told_so():
    python = pythons.find("3.8")
    if python is None:
        pytest.skip("no Python 3.8 here")
    done = subprocess.run([python, "-B", "build.py", "test"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "Python 3.9 or newer" in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_verb_is_refused():
    done = subprocess.run([sys.executable, "build.py", "paint"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "invalid choice" in done.stderr


def test_an_unknown_option_is_refused_unless_the_verb_passes_it_on(monkeypatch, tmp_path):
    done = subprocess.run([sys.executable, "build.py", "clean", "--deeply"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "clean does not know --deeply" in done.stderr
    seen = []
    monkeypatch.setattr(environments, "make", lambda recipe: Path("python"))
    monkeypatch.setattr(evaluate.subprocess, "run", lambda command, **_more: seen.append(command) or done)
    options = argparse.Namespace(text=False, data=tmp_path, out=tmp_path / "out", rest=["--every", "3"])
    with pytest.raises(paths.Stop, match="no benchmark"):
        evaluate.run(options)
    (tmp_path / "benchmark").mkdir()
    assert evaluate.run(options) == 2 and len(seen) == 1
    assert seen[0][1:3] == ["-m", "backend.evaluation"] and seen[0][-2:] == ["--every", "3"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_locked_package_is_pinned_and_hashed_and_no_index_named(lock):
    text = lock.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z])", text)
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text and "--index" not in text
    asked = lock.with_suffix(".in").read_text(encoding="utf-8").lower()
    for wanted in re.findall(r"^([a-z][\w.-]*)", asked, re.MULTILINE):
        assert re.search(rf"^{re.escape(wanted)}==", text, re.MULTILINE), f"{wanted} is not in {lock.name}"


def test_the_locks_span_the_numpys_that_are_supported():
    pins = {
        lock.stem: re.findall(r"^numpy==(\d+)\.(\d+)", lock.read_text(encoding="utf-8"), re.MULTILINE) for lock in LOCKS
    }
    assert pins[environments.LOW_END] == [("1", "24")]
    assert int(pins["blender-5.2"][0][0]) >= 2


def script(path: Path, text: str) -> str:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


needs_sh = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


@needs_sh
def test_a_shim_of_an_absent_python_is_no_python(tmp_path, monkeypatch):
    """pyenv leaves python3.13 on the PATH though no 3.13 is active."""
    script(tmp_path / "python3.42", "echo 'pyenv: python3.42: command not found' >&2; exit 127\n")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert pythons.find("3.42") is None


def test_a_python_of_another_version_is_not_taken(tmp_path, monkeypatch):
    (tmp_path / "python3.42").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert pythons.find("3.42") is None


@needs_sh
def test_pyenv_is_searched(tmp_path, monkeypatch):
    told = 'case "$3" in *version*) echo 3 42;; *) echo "$0";; esac\n'
    (tmp_path / "versions/3.42.1/bin").mkdir(parents=True)
    python = script(tmp_path / "versions/3.42.1/bin/python3.42", told)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert pythons.find("3.42") == python


def test_no_python_ends_in_a_sentence_that_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(pythons, "find", lambda version: None)
    monkeypatch.setattr(interpreters, "find_or_fetch", lambda version: None)
    monkeypatch.setattr(environments, "VENVS", tmp_path)
    with pytest.raises(paths.Stop, match=r"needs Python 3\.11 or 3\.13.*Install Python 3\.11"):
        environments.make(environments.DEV)
    with pytest.raises(paths.Stop, match=r"needs Python 3\.11 or 3\.13\. Install Python 3\.11"):
        environments.first_possible(environments.BLENDERS)
    made, missing = environments.available(environments.BLENDERS)
    assert made == [] and len(missing) == 3 and all("Install Python" in sentence for sentence in missing)


def test_no_pip_ends_in_a_sentence_that_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(pips, "TOOLS", tmp_path)
    monkeypatch.setattr(pips, "_is_recent", lambda command: False)
    monkeypatch.setattr(pips, "_runs", lambda command: False)
    monkeypatch.setattr(pips, "_venv_pip", lambda python: None)
    pips._pip.cache_clear()
    with pytest.raises(paths.Stop, match=r"no pip\. Install it with"):
        pips.pip("download", "anything")
    pips._pip.cache_clear()


@pytest.mark.parametrize(
    ("manager", "expected"),
    [
        ("apt-get", "sudo apt-get install libgl1 libx11-6 and the package that holds libnew.so.9"),
        ("dnf", "sudo dnf install libX11 libglvnd-glx and the package that holds libnew.so.9"),
        ("pacman", "sudo pacman -S libglvnd libx11 and the package that holds libnew.so.9"),
    ],
)
def test_missing_libraries_are_named_with_their_command(monkeypatch, manager, expected):
    monkeypatch.setattr(libraries.shutil, "which", lambda name: name == manager)
    assert expected in libraries.how_to_install(["libX11.so.6", "libGL.so.1", "libnew.so.9"])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere Blender brings its own")
def test_missing_libraries_are_foreseen(monkeypatch):
    monkeypatch.setattr(libraries, "PACKAGES", {"libnowhere.so.7": ("libnowhere7", "", ""), "libc.so.6": ("", "", "")})
    with pytest.raises(paths.Stop, match=r"needs libnowhere\.so\.7\. Install"):
        libraries.foresee()


@needs_sh
def test_a_blender_that_does_not_load_is_explained(monkeypatch, tmp_path):
    python = script(tmp_path / "python", "echo 'ImportError: libX11.so.6: cannot open' >&2; exit 1\n")
    monkeypatch.setattr(libraries, "absent", lambda python: ["libX11.so.6"])
    with pytest.raises(paths.Stop, match=r"needs libX11\.so\.6\. Install"):
        libraries.check(Path(python))
    monkeypatch.setattr(libraries, "absent", lambda python: [])
    with pytest.raises(paths.Stop, match=r"does not load: ImportError: libX11"):
        libraries.check(Path(python))


def test_ci_installs_every_library_that_blender_may_lack():
    text = (ROOT / ".ci/run").read_text()
    for soname, (debian, *_others) in libraries.PACKAGES.items():
        assert f"{soname} {debian}\n" in text
    assert subprocess.run(["bash", "-n", ROOT / ".ci/run"]).returncode == 0
    assert os.access(ROOT / ".ci/run", os.X_OK)


def a_test_file(folder: Path, body: str) -> Path:
    path = folder / "test_it.py"
    path.write_text(body)
    return path


def test_a_failing_test_fails_the_run_and_is_counted(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(steps, "REPORTS", tmp_path / "reports")
    body = "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\n@pytest.mark.skip\ndef test_c(): pass\n"
    run = steps.Steps()
    assert not run.pytest("mixed", Path(sys.executable), a_test_file(tmp_path, body), "-p", "no:cacheprovider")
    assert run.finish() == 1
    said = capfd.readouterr().out
    assert "FAILED  mixed" in said and said.rstrip().endswith("1 passed, 1 failed, 1 skipped")


def test_a_step_without_tests_is_said_and_a_good_run_exits_0(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(steps, "REPORTS", tmp_path / "reports")
    run = steps.Steps()
    assert run.pytest("empty", Path(sys.executable), a_test_file(tmp_path, ""), "-p", "no:cacheprovider")
    assert run.pytest(
        "good", Path(sys.executable), a_test_file(tmp_path, "def test_a(): pass\n"), "-p", "no:cacheprovider"
    )
    assert run.command("true", [sys.executable, "-c", "pass"])
    run.leave_out("windows", "no root")
    assert run.finish() == 0
    said = capfd.readouterr().out
    assert "not run  empty: no test is selected" in said and "not run  windows: no root" in said
    assert said.rstrip().endswith("1 passed, 0 failed, 0 skipped")


def test_lanes_run_side_by_side_and_what_each_says_stays_together(capfd):
    run = steps.Steps()
    meet = "import sys, time; print('first', flush=True); time.sleep(0.5); print('last')"

    def lane(name):
        return lambda: run.command(name, [sys.executable, "-c", meet + f"; sys.exit({name == 'bad'})"])

    run.together(lane("good"), lane("bad"))
    assert run.finish() == 1
    said = capfd.readouterr().out
    assert said.count("first\nlast\n") == 2
    assert "      ok  good" in said and "  FAILED  bad" in said


def test_a_lane_that_breaks_breaks_the_run():
    run = steps.Steps()

    def broken():
        raise ValueError("no interpreter")

    with pytest.raises(ValueError, match="no interpreter"):
        run.together(broken, lambda: run.command("true", [sys.executable, "-c", "pass"]))
    assert run.lines[0][0] == "ok", "the other lane goes on"


def test_a_bench_table_keeps_the_columns_in_order():
    table = bench.markdown([{"what": "cubes", "ms": 12.3456}, {"what": "mesh", "ms": 1234.5, "peer": 7}])
    first, rule, cubes, mesh = table.splitlines()
    assert [cell.strip() for cell in first.split("|")[1:-1]] == ["what", "ms", "peer"]
    assert set(rule) == {"|", "-"}
    assert "12.3" in cubes and "1,234" in mesh


def test_a_bench_says_how_much_faster_than_its_peer():
    row = {"stage": "cubes", "ours_seconds": 0.5, "peer": "another", "peer_seconds": 1.25, "note": ""}
    assert list(bench.with_ratio(row)) == ["stage", "ours_seconds", "peer", "peer_seconds", "faster", "note"]
    assert bench.with_ratio(row)["faster"] == "2.5×"
    assert "faster" not in bench.with_ratio({"stage": "load", "ours_seconds": 0.5, "peer_seconds": None})


def test_packaging_refuses_a_platform_it_does_not_know(tmp_path):
    with pytest.raises(paths.Stop, match="No such platform: amiga"):
        package.build_zip("amiga", tmp_path)


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "linux-x64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Windows", "AMD64", "windows-x64"),
        ("Windows", "ARM64", "windows-arm64"),
        ("Darwin", "arm64", "macos-arm64"),
        ("Darwin", "x86_64", "macos-x64"),
    ],
)
def test_this_platform_has_blenders_name(monkeypatch, system, machine, expected):
    monkeypatch.setattr(package.platform_module, "system", lambda: system)
    monkeypatch.setattr(package.platform_module, "machine", lambda: machine)
    assert package.this_platform() == expected


def test_the_packager_is_found_where_blender_was_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(packager, "VENVS", tmp_path)
    assert packager.find() is None
    cli = tmp_path / "blender-5.0/lib/python3.11/site-packages/bpy/5.0/scripts/addons_core/bl_pkg/cli"
    cli.mkdir(parents=True)
    (cli / "blender_ext.py").write_text("")
    (tmp_path / "blender-5.0/bin").mkdir()
    (tmp_path / "blender-5.0/bin/python").write_text("")
    found = packager.find()
    assert found and found.label == "blender-5.0" and found.script == cli / "blender_ext.py"


def test_every_verb_takes_arguments_and_sums_itself_up():
    import importlib

    for verb in VERBS:
        module = importlib.import_module(f"maquette.build_tools.verbs.{verb}")
        module.arguments(argparse.ArgumentParser())
        assert module.SUMMARY and callable(module.run)


def test_no_module_of_build_tools_imports_in_a_circle():
    """Counting imports inside functions too."""
    folder = ROOT / "build_tools"
    needs = {}
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        named = re.findall(r"^ *from \. import (.+)$", text, re.MULTILINE)
        needs[path.stem] = {name.strip() for line in named for name in line.split("#")[0].split(",")}
        needs[path.stem] |= set(re.findall(r"^ *from \.(\w+) import", text, re.MULTILINE))

    def walk(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " imports ".join([*way, name])
        for other in needs.get(name, ()):
            walk(other, (*way, name))

    assert needs["environments"] >= {"interpreters", "pips"}
    for name in needs:
        walk(name, ())


def test_a_gpu_runtime_that_cannot_be_made_stops_with_a_sentence(monkeypatch, tmp_path):
    seen = []

    def refuse(command, **more):
        seen.append((command, more))
        return subprocess.CompletedProcess(command, 2)

    monkeypatch.setattr(environments, "make", lambda recipe: Path("python"))
    monkeypatch.setattr(environments.wheelhouse, "fetch_pip", lambda: None)
    monkeypatch.setattr(environments.subprocess, "run", refuse)
    with pytest.raises(paths.Stop, match=r"^The GPU runtime could not be installed"):
        environments.gpu_environment()
    command, more = seen[0]
    assert command[:5] == ["python", "-m", "backend", "runtime", "install"]  # what users run, and nothing else
    assert command[-2:] == ["--data", str(paths.BUILD)] and more["cwd"] == paths.ROOT


def test_the_newest_pip_of_the_lock_is_carried():
    version, hashes = wheelhouse.pinned_pip()
    assert tuple(map(int, version.split("."))) >= (24, 1)  # this one tells its progress
    assert hashes and all(re.fullmatch("[0-9a-f]{64}", digest) for digest in hashes)
