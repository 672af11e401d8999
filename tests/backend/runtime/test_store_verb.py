"""The command line of the store, from its words to its exit codes and the report that Blender follows."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from maquette.backend import cli
from maquette.backend.runtime import device, store
from maquette.backend.runtime.environment.place import Place
from maquette.backend.runtime.store import deeds
from maquette.backend.runtime.store.shelf import Shelf
from store_server import Manners, Server
from store_toy import NETWORK, SETTINGS, Catalogue, Toy, lay

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def a_machine_of_our_own(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("HF_", "MAQUETTE_", "HUGGING_")):
            monkeypatch.delenv(name)
    yield
    store.configure()


@pytest.fixture
def server():
    with Server(files={"/net/toy.safetensors": NETWORK, "/settings.json": SETTINGS}) as server:
        yield server


@pytest.fixture
def run(tmp_path, capfd):
    """``run(toy, words…)`` → exit code, standard output, standard error."""

    def run(toy, *words):
        embedded = Toy()
        embedded.info = argparse.Namespace(**{**vars(toy.info), "id": "inside", "title": "Inside", "tier": "embedded"})
        code = cli.main([*map(str, words), "--data-dir", str(tmp_path / "data")], Catalogue(toy, embedded))
        told = capfd.readouterr()
        return code, told.out, told.err

    return run


def shelf(tmp_path):
    return Shelf(tmp_path / "data" / "weights")


def test_from_nothing_to_nothing(run, tmp_path, server):
    """List, fetch, list, verify, delete: as a person does it."""
    toy = Toy(server.url)
    code, out, _ = run(toy, "weights", "list")
    assert code == 0 and "toy  Toy, 8.3 kB. Licence: code Apache-2.0; weights MIT." in out
    assert "net/toy.safetensors: not here (8.3 kB)" in out and "Inside" not in out
    assert f"Folder: {tmp_path / 'data' / 'weights'}" in out
    code, out, err = run(toy, "weights", "fetch", "toy")
    assert (code, out) == (0, "Toy's weights are there (8.3 kB).\n")
    assert "Toy: 8.3 kB, to “" in err and "Licence: code Apache-2.0; weights MIT." in err
    _, out, _ = run(toy, "weights", "list")
    assert "net/toy.safetensors: here (8.3 kB, every byte verified)" in out
    code, out, _ = run(toy, "weights", "delete", "toy")
    assert (code, out) == (0, "Toy's weights are deleted: 8.3 kB.\n") and not shelf(tmp_path).folder("toy").exists()
    assert run(toy, "weights", "remove", "toy")[0] == 0


def test_delete_where_nothing_ever_was(run, tmp_path):
    assert run(Toy(), "weights", "delete", "toy")[:2] == (0, "Nothing of Toy's weights is there.\n")
    assert not (tmp_path / "data").exists()


def test_the_list_for_programs(run, tmp_path):
    lay(shelf(tmp_path), content=NETWORK[:-1])
    code, out, _ = run(Toy(known=False), "weights", "list", "--json")
    told = json.loads(out)
    assert code == 0 and told["engine"] == "toy" and told["licence"].endswith("weights MIT.")
    assert told["folder"] == str(tmp_path / "data" / "weights" / "toy")
    assert [file["state"] for file in told["files"]] == ["damaged", "present"] and told["files"][0]["why"]
    path = shelf(tmp_path).path("toy", "net/toy.safetensors")
    path.rename(path.with_name("toy.safetensors.part"))
    _, out, _ = run(Toy(known=False), "weights", "list")
    assert "partly here (8.3 kB of 8.3 kB)" in out
    assert "here (13 bytes, no hash was published to verify it with)" in out


def test_import_and_move(run, tmp_path):
    toy = Toy()
    (tmp_path / "x").write_bytes(NETWORK)
    (tmp_path / "y").write_bytes(SETTINGS)
    code, out, _ = run(toy, "weights", "import", "toy", tmp_path / "x", tmp_path / "y", "--copy")
    assert code == 0 and "“x” serves as net/toy.safetensors now." in out
    code, out, _ = run(toy, "weights", "move", tmp_path / "new")
    assert code == 0 and f"are in “{tmp_path / 'new'}” now" in out
    _, out, _ = run(toy, "weights", "list")
    assert f"Folder: {tmp_path / 'new'}" in out and out.count("every byte verified") == 2
    assert store.path_of("toy", "settings.json").read_bytes() == SETTINGS


def test_a_move_that_the_environment_contradicts_is_said(run, tmp_path, monkeypatch):
    lay(Shelf(tmp_path / "old"))
    monkeypatch.setenv("MAQUETTE_WEIGHTS", str(tmp_path / "old"))
    code, _, err = run(Toy(), "weights", "move", tmp_path / "new")
    assert code == 0 and "MAQUETTE_WEIGHTS still names the old folder" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("weights", "fetch", "nobody"), "There is no engine called 'nobody'. Those with weights: toy."),
        (("weights", "fetch", "inside"), "Inside needs no weights from elsewhere. Those that do: toy."),
        (("verify", "toy"), "of Toy is not here yet. Fetch the weights first: python -m backend weights fetch toy"),
        (("weights", "fetch", "toy", "--proxy", "socks5://x"), "is no address of a proxy."),
        (("weights", "import", "toy", "/nowhere/at/all"), "There is no “/nowhere/at/all”."),
    ],
)
def test_what_cannot_be_done_is_told_with_its_fix(run, words, sentence):
    code, out, err = run(Toy(), *words)
    assert code == 2 and sentence in err and out == ""


def test_a_mirror_and_a_token(run, server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    server.files = {f"/x{path}": content for path, content in server.files.items()}
    server.manners = [Manners(status=401), Manners()]
    code, _, err = run(Toy("https://huggingface.co/x"), "weights", "fetch", "toy", "--mirror", server.url)
    assert code == 0 and "secret" not in err
    assert [headers.get("Authorization") for _, _, headers in server.asked] == [None, "Bearer secret", None]


@pytest.mark.parametrize("verb", [("verify",), ("weights", "verify")])
def test_verify_prints_a_report_and_its_verdict(run, tmp_path, monkeypatch, verb):
    monkeypatch.setattr(device, "torch_present", lambda: True)
    monkeypatch.setattr(device, "choose", lambda: device.Device())
    lay(shelf(tmp_path))
    code, out, _ = run(Toy(), *verb, "toy")
    assert code == 0 and out.startswith("Maquette") and out.endswith("verdict: RIGHT, AS FAR AS COULD BE TOLD\n")
    lay(shelf(tmp_path), content=bytes(len(NETWORK)))
    code, out, _ = run(Toy(), *verb, "toy")
    assert code == 2 and out.endswith("verdict: NOT RIGHT: 1 problem\n")
    code, out, _ = run(Toy(), *verb, "toy", "--report", tmp_path / "report.json")
    told = json.loads((tmp_path / "report.json").read_text())
    assert code == 2 and "verdict: NOT RIGHT: 1 problem\n" in out
    assert (told["state"], told["sentence"]) == ("done", "Toy's weights: not right: 1 problem.")


FIELDS = {"key": "k", "build": "cpu", "torch": "2", "python": "3", "base": "b", "self_test": "ok", "device": "cpu"}
scripted = pytest.mark.skipif(os.name == "nt", reason="a script stands in for an interpreter")


def script(tmp_path, content, mode=0o755):
    """An environment whose interpreter is ``content``."""
    place = Place(tmp_path / "data" / "gpu")
    place.python.parent.mkdir(parents=True)
    place.python.write_text(content)
    place.python.chmod(mode)
    return place


@scripted
@pytest.mark.parametrize("code", [0, 2, 130])
def test_verify_goes_where_torch_is(run, tmp_path, monkeypatch, capfd, code):
    place = script(tmp_path, f'#!/bin/sh\necho "there: $@"\npwd\nexit {code}\n')
    monkeypatch.setattr(device, "torch_present", lambda: False)
    lay(shelf(tmp_path))
    assert run(Toy(), "verify", "toy")[0] == 0  # half installed: here, then
    place.marker.write_text(json.dumps({**FIELDS, "bytes": 1}))
    capfd.readouterr()
    words = ["verify", "toy", "--quiet", "--data-dir", str(tmp_path / "data")]
    assert cli.main(words, Catalogue(Toy())) == code
    told = capfd.readouterr()
    out = told.out.splitlines()
    assert out[1] == str(ROOT) and told.err == ""
    assert out[0].startswith("there: -X utf8 -m backend weights verify toy --here --weights-dir")
    assert out[0].endswith(f"--data-dir {tmp_path / 'data'} --quiet")


@scripted
@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ("#!/bin/sh\nexit 3\n", 0o755, "exit code 3"),
        ("#!/bin/sh\nexit 1\n", 0o755, "exit code 1"),
        ("#!/bin/sh\nkill -9 $$\n", 0o755, "signal 9"),
        ("#!/bin/sh\nexit 0\n", 0o644, "permission denied"),
        ("#!/nowhere/python\n", 0o755, "no such file or directory"),
    ],
)
def test_a_broken_environment_is_said_and_reported(run, tmp_path, monkeypatch, content, mode, why):
    place = script(tmp_path, content, mode)
    place.marker.write_text(json.dumps({**FIELDS, "bytes": 1}))
    monkeypatch.setattr(device, "torch_present", lambda: False)
    lay(shelf(tmp_path))
    code, out, err = run(Toy(), "weights", "verify", "toy", "--quiet", "--report", tmp_path / "report.json")
    assert code == 2 and out == "" and err.startswith(f"The GPU runtime does not start ({why}). Repair it")
    told = json.loads((tmp_path / "report.json").read_text())
    assert (told["state"], told["code"]) == ("failed", "bad_runtime")
    assert told["sentence"] == f"The GPU runtime does not start ({why})." and "install --repair" in told["fix"]


@pytest.mark.parametrize(
    "words",
    [
        ("fetch", "toy"),
        ("import", "toy", "{here}"),
        ("delete", "toy"),
        ("verify", "toy", "--here"),
        ("move", "{here}/third"),
    ],
)
def test_weights_on_a_disk_that_is_not_there_are_not_made_anew(run, tmp_path, server, words):
    toy, disk = Toy(server.url), tmp_path / "disk"
    assert run(toy, "weights", "move", disk / "weights")[0] == 0
    disk.rename(tmp_path / "unplugged")
    (tmp_path / "x").write_bytes(NETWORK)
    code, out, err = run(toy, "weights", *(word.format(here=tmp_path) for word in words))
    assert code == 2 and out == "" and not disk.exists() and not (tmp_path / "third").exists()
    assert f"The weights were moved to “{disk / 'weights'}”, which is not there. Connect its disk" in err
    code, out, _ = run(toy, "weights", "list")
    assert code == 0 and "which is not there. Connect its disk" in out
    (tmp_path / "unplugged").rename(disk)
    code, out, _ = run(toy, "weights", "list")
    assert code == 0 and "not there" not in out
    assert run(toy, "weights", "fetch", "toy")[0] == 0 and shelf_whole(disk / "weights")


def test_a_folder_that_was_lost_for_good_can_be_forgotten(run, tmp_path, server):
    toy = Toy(server.url)
    run(toy, "weights", "move", tmp_path / "disk" / "weights")
    shutil.rmtree(tmp_path / "disk")
    (tmp_path / "data" / "weights_dir.json").unlink()  # as the message has it
    assert run(toy, "weights", "fetch", "toy")[0] == 0 and shelf_whole(tmp_path / "data" / "weights")


def test_a_folder_that_is_named_need_not_be_there(run, tmp_path, server):
    toy = Toy(server.url)
    run(toy, "weights", "move", tmp_path / "disk" / "weights")
    shutil.rmtree(tmp_path / "disk")
    assert run(toy, "weights", "fetch", "toy", "--weights-dir", tmp_path / "other")[0] == 0
    assert shelf_whole(tmp_path / "other") and not (tmp_path / "disk").exists()


def shelf_whole(root):
    return Shelf(root).path("toy", "net/toy.safetensors").read_bytes() == NETWORK


FOLLOWED = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
import conftest
from maquette.backend import cli
from store_toy import Catalogue, Toy
url, report, data = sys.argv[3:]
words = ["weights", "fetch", "toy", "--follow", "--report", report, "--data-dir", data]
sys.exit(cli.main(words, Catalogue(Toy(url))))
"""


def followed(tmp_path, server):
    here = Path(__file__).resolve().parent
    arguments = [str(ROOT / "tests"), str(here), server.url, str(tmp_path / "report.json"), str(tmp_path / "data")]
    return subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", FOLLOWED, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_blender_follows_by_the_report(tmp_path, server):
    process = followed(tmp_path, server)
    log = process.stdout.read().decode()
    process.stdin.close()
    assert process.wait(60) == 0, log
    told = json.loads((tmp_path / "report.json").read_text())
    assert told == {
        "state": "done",
        "stage": "Downloading settings.json",
        "fraction": 1.0,
        "eta": None,
        "detail": "",
        "sentence": "Toy's weights are there (8.3 kB).",
        "fix": "",
        "code": "",
    }
    assert "SHA-256" in log


def test_a_closed_lifeline_ends_it_and_what_came_stays(tmp_path, server):
    server.manners = [Manners(cut=5000, stall=60)]
    process = followed(tmp_path, server)
    part = shelf(tmp_path).path("toy", "net/toy.safetensors").with_name("toy.safetensors.part")
    until = time.monotonic() + 60
    while time.monotonic() < until and not (part.exists() and part.stat().st_size == 5000):
        time.sleep(0.02)
    process.stdin.close()
    assert process.wait(30) == 130
    process.stdout.close()
    told = json.loads((tmp_path / "report.json").read_text())
    assert (told["state"], told["code"]) == ("cancelled", "cancelled")
    assert part.read_bytes() == NETWORK[:5000]


def test_serving_does_not_load_what_speaks_to_servers():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, backend.runtime.store.verb; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "backend.runtime.store.verb" in loaded
    assert not {"ssl", "urllib.request", "backend.runtime.store.access", deeds.__name__} & set(loaded)
