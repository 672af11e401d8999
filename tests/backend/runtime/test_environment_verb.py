"""``python -m backend runtime``: what people and the add-on are told."""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path

import pytest
from environment_kit import World, make_world, serve
from maquette.backend import cli
from maquette.backend.runtime.environment import verb
from maquette.backend.runtime.environment.accelerator import Gpu, Machine
from maquette.backend.runtime.environment.lock import plan
from maquette.backend.runtime.environment.place import Place
from maquette.backend.runtime.environment.verb import status


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = make_world(tmp_path)
    monkeypatch.setattr(verb, "plan", lambda machine, wanted="auto": plan(machine, wanted, made.lock))
    monkeypatch.setattr(verb, "this_machine", lambda: made.machine)
    return made


def run(world: World, *words: str) -> int:
    return cli.main(["runtime", *words, "--data", str(world.root / "data")])


def test_the_whole_way(world, capsys):
    assert run(world, "status") == 0
    said = capsys.readouterr().out
    assert re.match(r"Not installed\. .*: \d.* to download, \d.* on the disk\.", said)
    report = world.root / "report.json"
    shelf = ("--wheels", str(world.shelf), "--no-index")
    assert run(world, "install", *shelf, "--yes", "--quiet", "--report", str(report)) == 0
    assert capsys.readouterr().out == "CPU: OK\n"
    told = json.loads(report.read_text())
    assert (told["state"], told["sentence"], told["fraction"]) == ("done", "CPU: OK", 1.0)
    assert run(world, "status", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["installed"] and facts["current"] and facts["supported"] and facts["self_test"] == "CPU: OK"
    assert Path(facts["interpreter"]).exists() and facts["bytes"] > 0
    assert facts["installed_build"] == "cpu"
    assert run(world, "verify", "--quiet") == 0
    shown = capsys.readouterr()
    assert shown.out == "CPU: OK\n" and re.search(r"\d+ files are as they were published", shown.err)
    assert run(world, "status", "--report") == 0
    assert "The end of the log:" in capsys.readouterr().out
    assert run(world, "remove", "--quiet") == 0
    assert run(world, "status", "--json") == 0
    assert not json.loads(capsys.readouterr().out.splitlines()[-1])["installed"]


def test_wheels_can_be_carried_to_a_computer_without_a_network(world, capsys, monkeypatch):
    stick = world.root / "stick"
    with serve(world.shelf) as server:
        monkeypatch.setenv("PIP_INDEX_URL", server.address + "/simple")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        assert cli.main(["runtime", "fetch", str(stick), "--quiet"]) == 0
    assert "4 wheels for" in capsys.readouterr().out
    assert {path.name for path in stick.glob("*.whl")} == {path.name for path in world.shelf.iterdir()}
    assert run(world, "install", "--wheels", str(stick), "--no-index", "--quiet") == 0


@pytest.mark.parametrize("words", [("remove", "--quiet"), ("status",), ("status", "--json"), ("status", "--report")])
def test_where_nothing_is_nothing_is_made(world, capsys, words):
    before = sorted(world.root.rglob("*"))
    assert run(world, *words) == 0
    out = capsys.readouterr().out
    assert words[0] != "remove" or out == "Nothing is installed.\n"
    assert sorted(world.root.rglob("*")) == before


def test_verifying_what_is_not_there_is_a_sentence(world, capsys):
    assert run(world, "verify", "--quiet") == 2
    assert capsys.readouterr().err.startswith("The GPU runtime is not installed. Install it first")


def test_verifying_damage_is_a_sentence_and_a_code(world, capsys):
    assert run(world, "install", "--wheels", str(world.shelf), "--quiet") == 0
    (world.place.packages / "PIL/__init__.py").write_text("")
    report = world.root / "report.json"
    assert run(world, "verify", "--quiet", "--report", str(report)) == 2
    told = json.loads(report.read_text())
    assert told["state"] == "failed" and told["code"] == "runtime_damaged" and "PIL/__init__.py" in told["sentence"]
    assert told["fix"]


def test_a_failure_is_in_the_log_that_reports_quote(world, capsys):
    assert run(world, "install", "--wheels", str(world.root), "--no-index", "--quiet") == 2
    assert "wheels are not in" in (world.place.root / "install.log").read_text()
    assert run(world, "status", "--report") == 0
    assert "wheels are not in" in capsys.readouterr().out


def test_a_person_is_told_the_sizes_and_asked(world, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert run(world, "install", "--wheels", str(world.shelf)) == 130
    shown = capsys.readouterr()
    assert "are needed" in shown.out and "are free" in shown.out and "Nothing was installed" in shown.err
    assert not world.place.env.exists()


def test_a_computer_that_cannot_is_told_why(tmp_path):
    facts = status(Place(tmp_path), Machine("linux-arm64", "3.11"))
    assert facts["supported"] is False and "linux-arm64" in facts["sentence"] and facts["fix"]


def test_an_update_of_the_lock_is_told(world, capsys):
    assert run(world, "install", "--wheels", str(world.shelf), "--quiet") == 0
    world.change("torch-1.0-py3-none-any.whl", sha256="0" * 64)
    capsys.readouterr()
    assert run(world, "status") == 0
    assert "An update is ready" in capsys.readouterr().out


def test_the_build_that_stands_is_told_beside_the_one_that_would_be_chosen_now(world, capsys):
    """A repair asks for the one that stands, also where another GPU or driver would mean another build."""
    assert run(world, "install", "--wheels", str(world.shelf), "--quiet") == 0
    raw = json.loads(world.lock.read_text())
    sets = raw["sets"][world.machine.platform][world.machine.python]
    sets["cu130"] = sets["cpu"]
    world.lock = world.lock.with_name("two.json")
    world.lock.write_text(json.dumps(raw))
    world.machine = Machine(world.machine.platform, world.machine.python, (Gpu("RTX", 8 << 30, (8, 9)),), (580, 82))
    facts = status(world.place, world.machine)
    assert (facts["installed_build"], facts["build"], facts["current"]) == ("cpu", "cu130", False)
    assert run(world, "install", "--repair", "--accelerator", "cpu", "--no-index", "--quiet") == 0
    assert status(world.place, world.machine)["installed_build"] == "cpu"


def test_what_the_panel_needs_is_always_there(tmp_path):
    gpu = Gpu("NVIDIA GeForce RTX 4070", 12 << 30, (8, 9))
    facts = status(Place(tmp_path / "gpu"), Machine("windows-x64", "3.11", (gpu,), (581, 15)))
    assert facts["build"] == "cu130" and facts["gpu"]["name"] == gpu.name and facts["driver"] == "581.15"
    assert len(facts["unverified"]) == 1 and facts["download"] > 1.8e9 and facts["free"] > 0
    assert json.loads(json.dumps(facts)) == json.loads(json.dumps(facts, allow_nan=False))
    assert facts["installed_build"] == ""
    poor = status(Place(tmp_path / "gpu"), Machine("linux-arm64", "3.11"))
    assert set(poor) == set(facts)


def test_the_command_line_lists_it(capsys):
    with pytest.raises(SystemExit):
        cli.main(["runtime", "--help"])
    assert {"status", "install", "verify", "remove"} <= set(re.findall(r"\w+", capsys.readouterr().out))


def test_hidden_options_stay_hidden():
    parser = argparse.ArgumentParser()
    verb.register(parser.add_subparsers())
    assert "--follow" not in parser.format_help()
