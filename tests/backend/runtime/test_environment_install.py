"""The private environment is made, resumed, checked and removed: with real pip and venv, tiny wheels, local servers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections import namedtuple
from pathlib import Path

import pytest
from environment_kit import World, make_wheel, make_world, serve
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.errors import Cancelled, DiskFull, JobError
from maquette.backend.runtime.environment import fetch, install, interpreter, pips
from maquette.backend.runtime.environment.alone import Busy, NotWritable, alone_in
from maquette.backend.runtime.environment.check import Damaged, SelfTestFailed, check_files, self_test
from maquette.backend.runtime.environment.fetch import MissingWheels, NoWheels
from maquette.backend.runtime.environment.install import NeedsConsent, NoEnvironment, remove
from maquette.backend.runtime.environment.place import Place
from maquette.backend.runtime.environment.published import hash_in, published_hash
from maquette.backend.runtime.environment.report import report
from maquette.backend.runtime.store.access import Access
from maquette.backend.runtime.store.troubles import Offline, WrongFile

ROOT = Path(__file__).resolve().parents[3]
TORCH = "torch-1.0-py3-none-any.whl"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path / "Jörg 张's folder")


@pytest.fixture
def online(world: World, monkeypatch: pytest.MonkeyPatch):
    """A world whose package index is a server on loopback."""
    with serve(world.shelf) as server:
        world.server = server
        monkeypatch.setenv("PIP_INDEX_URL", server.address + "/simple")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield world


def listing(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ------------------------------------------------------------------------------------------- it is made


def test_from_an_index_by_pip(online):
    assert online.install() == "CPU: OK"
    place = online.place
    assert interpreter(online.root / "data") == place.python
    done = place.installed()
    assert (done.torch, done.build, done.device, done.self_test) == ("9.9+tiny", "cpu", "cpu", "CPU: OK")
    assert done.bytes > 1000 and listing(place.root) <= {".lock", "env", "installed.json", "unpacked.txt"}
    assert not (place.packages / "torch/include").exists()  # only compilers read it
    assert check_files(place, lambda count: None) > 8
    online.server.asked.clear()
    assert online.install() == "Already installed. CPU: OK" and not online.server.asked


def test_offline_from_a_folder_of_wheels(world, monkeypatch):
    monkeypatch.setattr(fetch, "run", lambda *_: pytest.fail("pip was started"))
    assert world.install(shelf=world.shelf, network=False) == "CPU: OK"
    assert TORCH in listing(world.shelf)  # theirs is not ours to delete


def test_what_is_installed_is_nobody_elses(world):
    """The environment sees its own packages only: not Blender's, not the user's."""
    world.install(shelf=world.shelf)
    code = "import sys, numpy; print(numpy.__file__); print(*sys.path, sep='\\n')"
    told = subprocess.run([world.place.python, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    first, *rest = told.splitlines()
    assert Path(first) == world.place.packages / "numpy/__init__.py"
    assert [path for path in rest if "site-packages" in path] == [str(world.place.packages)]
    config = (world.place.env / "pyvenv.cfg").read_text()
    assert "include-system-site-packages = false" in config


def test_progress_never_falls_and_names_its_stages(world, monkeypatch):
    seen = []
    step = world.errand.step

    def watched(*args, **kwargs):
        step(*args, **kwargs)
        told = world.errand.progress
        seen.append((told.fraction, told.stage))

    monkeypatch.setattr(world.errand, "step", watched)
    world.install(shelf=world.shelf)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(0.98)
    stages = list(dict.fromkeys(stage for _, stage in seen))
    wanted = ["Looking at this computer", "Downloading", "Making the environment", "Installing"]
    assert stages == [*wanted, "Checking the files", "Trying it out"]


def test_pytorchs_own_index_is_asked_first_and_goes_on_where_it_stopped(online):
    online.index_has()
    half = (online.shelf / TORCH).stat().st_size // 2
    online.server.cut = half
    assert online.install() == "CPU: OK"
    ranges = [asked for path, asked in online.server.asked if path == f"/whl/cpu/{TORCH}"]
    assert ranges == ["", f"bytes={half}-"]
    assert not [path for path, _ in online.server.asked if path.startswith("/simple/torch")]


def test_where_pytorchs_index_lacks_it_the_users_own_is_asked(online, capfd):
    online.index_has()
    raw = json.loads(online.lock.read_text())
    raw["torch_index"] = "http://127.0.0.1:9/whl/"  # nobody listens there
    online.lock.write_text(json.dumps(raw))
    assert online.install() == "CPU: OK"
    assert [path for path, _ in online.server.asked if path.startswith("/simple/torch")]
    assert "Asking your own package index" in capfd.readouterr().err


def test_another_lock_replaces_the_environment(world):
    world.install(shelf=world.shelf)
    (world.place.packages / "old.txt").write_text("of the old one")
    newer = make_wheel(world.shelf, "pillow", {"PIL/__init__.py": "__version__ = '10'"}, padding=3)
    world.change(newer.name, sha256=fetch.sha256_of(newer), size=newer.stat().st_size)
    assert world.install(shelf=world.shelf) == "CPU: OK"
    assert (world.place.packages / "pillow/padding.bin").exists()
    assert not (world.place.packages / "old.txt").exists()


# --------------------------------------------------------------------------------------- it is refused


def test_a_file_without_a_hash_comes_from_pytorchs_index_or_not_at_all(online):
    online.index_has(verified=False, sha256="")
    raw = json.loads(online.lock.read_text())
    raw["torch_index"] = "http://127.0.0.1:9/whl/"
    online.lock.write_text(json.dumps(raw))
    with pytest.raises(Offline):
        online.install(consent=True)
    assert not [path for path, _ in online.server.asked if path.startswith("/simple/torch")]


def without_hash(world, sha256: str) -> None:
    """The lock knows no hash of torch, and PyTorch's index page this one."""
    world.index_has(verified=False, sha256="", size=0, about=1000)
    world.server.page = f'<a href="/whl/cpu/{TORCH}{sha256}">{TORCH}</a><br><a href="/whl/other.whl">'


def test_a_hash_on_pytorchs_index_page_is_enforced_and_consent_needed_all_the_same(online, capfd):
    right = fetch.sha256_of(online.shelf / TORCH)
    without_hash(online, f"#sha256={right}")
    with pytest.raises(NeedsConsent):
        online.install()
    assert not online.server.asked
    online.server.spoilt = {TORCH}
    with pytest.raises(WrongFile, match="not what was published"):
        online.install(consent=True)
    assert not (online.place.downloads / TORCH).exists() and online.place.accepted() == {}
    online.server.spoilt = set()
    assert online.install(consent=True) == "CPU: OK"
    assert f"tells the SHA-256 {right} of {TORCH}" in capfd.readouterr().err


@pytest.mark.parametrize("fragment", ["", "#sha256=", "#md5=12", None])
def test_an_index_page_without_a_hash_changes_nothing(online, fragment, capfd):
    without_hash(online, fragment or "")
    online.server.page = online.server.page if fragment is not None else None
    assert online.install(consent=True) == "CPU: OK"
    assert f"tells no hash of {TORCH}" in capfd.readouterr().err


def test_reading_the_index_page_can_be_stopped(online, monkeypatch):
    without_hash(online, "")
    wheel = next(wheel for wheel in online.plan().wheels if wheel.file == TORCH)

    def stop():
        raise Cancelled

    with pytest.raises(Cancelled):
        published_hash(wheel, Access(), lambda line: pytest.fail(line), stop)


ONE, TWO = "1" * 64, "2" * 64


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (f'<a href="/whl/a%2Bcpu.whl#sha256={ONE.upper()}">', ONE),
        (f'<A class=x HREF="https://other.example/x/a+cpu.whl#sha256={ONE}" data-y>a</A>', ONE),
        (f'<a href="a+cpu.whl#sha256={ONE}"><a href="a+cpu.whl#sha256={TWO}">', ""),
        (f'<a href="ba+cpu.whl#sha256={ONE}"><a href="a+cpu.whl.metadata#sha256={ONE}">', ""),
        (f'<a href="a+cpu.whl#sha256={ONE}0"><a href="http://[a+cpu.whl#sha256={ONE}"><a href>', ""),
        (f'<!-- <a href="a+cpu.whl#sha256={ONE}"> --><a href="a+cpu.whl?sha256={ONE}">', ""),
        (f'<![x[ <a href="a+cpu.whl#sha256={ONE}">', ""),
        ("", ""),
    ],
)
def test_the_hash_is_that_of_the_link_to_the_very_file(page, expected):
    assert hash_in(page, "a+cpu.whl") == expected


@given(st.text(alphabet="<a href=\"'#sha256+cpu.whl0/>!-&;[]%\n", max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_page_is_too_strange_to_read(page):
    assert hash_in(page, "a+cpu.whl") == ""


def test_a_wheel_that_is_not_the_locked_one_is_refused(online):
    online.server.spoilt = {"numpy-1.0-py3-none-any.whl"}
    with pytest.raises(WrongFile, match="not the one of the lock"):
        online.install()
    assert online.place.installed() is None and not online.place.env.exists()
    online.server.spoilt = set()
    assert online.install() == "CPU: OK"


def test_a_spoilt_wheel_of_pytorchs_index_is_refused(online):
    online.index_has()
    online.server.spoilt = {TORCH}
    with pytest.raises(WrongFile, match="not what was published"):
        online.install()
    assert not (online.place.downloads / TORCH).exists()


def test_a_wrong_wheel_in_the_users_folder_is_named_and_kept(world):
    path = world.shelf / TORCH
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(WrongFile, match=f"{TORCH}.*not the file of the lock"):
        world.install(shelf=world.shelf)
    assert path.exists()


def test_an_incomplete_folder_offline_names_what_is_missing(world):
    (world.shelf / TORCH).unlink()
    with pytest.raises(MissingWheels, match=f"1 of 4 wheels are not in .*{TORCH}"):
        world.install(shelf=world.shelf, network=False)


def test_no_network_is_one_sentence(world, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    command = fetch.Fetch._command
    monkeypatch.setattr(fetch.Fetch, "_command", lambda self, *a: [*command(self, *a), "--retries", "1"])
    with pytest.raises(Offline, match=r"^The package index cannot be reached\.") as told:
        world.install()
    assert "\n" not in told.value.sentence


def test_an_index_without_the_file_is_told_so(online):
    (online.shelf / "safetensors-1.0-py3-none-any.whl").unlink()
    with pytest.raises(NoWheels, match=r"does not have safetensors 1\.0"):
        online.install()


@pytest.mark.parametrize("sha256", ["", "known"])
def test_what_we_could_not_confirm_needs_consent(world, sha256):
    values = {"verified": False} if sha256 else {"verified": False, "sha256": ""}
    world.change(TORCH, **values)
    told = "hash that others published" if sha256 else "cannot be checked against any hash"
    with pytest.raises(NeedsConsent, match=f"{TORCH}.*{told}"):
        world.install(shelf=world.shelf)
    assert not world.place.env.exists()
    assert world.install(shelf=world.shelf, consent=True) == "CPU: OK"


def test_who_is_asked_is_told_both_ways_to_agree(world):
    world.change(TORCH, verified=False)
    with pytest.raises(NeedsConsent) as told:
        world.install(shelf=world.shelf)
    assert "“Accept Unconfirmed Files”" in told.value.fix and "--accept-unverified" in told.value.fix


@pytest.mark.parametrize("hashed", [True, False])
def test_a_repair_takes_the_very_file_that_was_accepted_and_no_other(world, hashed):
    world.change(TORCH, verified=False, **({} if hashed else {"sha256": "", "size": 0, "about": 1000}))
    world.install(shelf=world.shelf, consent=True)
    wheel = world.shelf / TORCH
    assert world.place.accepted() == {TORCH: fetch.sha256_of(wheel)}
    (world.place.packages / "torch/__init__.py").write_text("")
    assert world.install(shelf=world.shelf, repair=True) == "CPU: OK"
    (world.place.packages / "torch/__init__.py").write_text("")
    published = wheel.read_bytes()
    make_wheel(world.shelf, "torch", {"torch/__init__.py": "raise SystemExit('evil')"})
    with pytest.raises(WrongFile):
        world.install(shelf=world.shelf, repair=True)
    wheel.write_bytes(published)
    assert world.install(shelf=world.shelf) == "CPU: OK"  # the repair is finished by the next try


@pytest.mark.parametrize("record", [None, "", "[]", f'{{"{TORCH}": 1}}', f'{{"{TORCH}": "{"0" * 64}"}}'])
def test_a_repair_implies_no_consent(world, record):
    world.change(TORCH, verified=False)
    world.install(shelf=world.shelf, consent=True)
    world.place.consent.unlink()
    if record is not None:
        world.place.consent.write_text(record)
    assert world.install(shelf=world.shelf, repair=True) == "CPU: OK"  # nothing is fetched, so nobody is asked
    (world.place.packages / "torch/__init__.py").write_text("")
    with pytest.raises(NeedsConsent):
        world.install(shelf=world.shelf, repair=True)
    assert world.install(shelf=world.shelf, repair=True, consent=True) == "CPU: OK"


def test_consent_does_not_make_a_wrong_file_right(world):
    world.change(TORCH, verified=False, sha256="0" * 64)
    with pytest.raises(WrongFile):
        world.install(shelf=world.shelf, consent=True)


def test_room_on_the_disk_is_looked_at_first(world, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda path: usage(1, 1, 100_000_000))
    with pytest.raises(DiskFull, match=r"200 MB are needed for the GPU runtime, and 100 MB are free"):
        world.install(shelf=world.shelf)
    assert not world.place.env.exists()


def test_a_disk_that_fills_up_meanwhile_leaves_no_environment(world, monkeypatch):
    real = install.unpack

    def full(wheel, packages, step):
        if wheel.name == TORCH:
            raise OSError(28, "No space left on device")
        real(wheel, packages, step)

    monkeypatch.setattr(install, "unpack", full)
    with pytest.raises(OSError, match="No space"):
        world.install(shelf=world.shelf)
    assert interpreter(world.root / "data") is None
    monkeypatch.setattr(install, "unpack", real)
    assert world.install(shelf=world.shelf) == "CPU: OK"


def test_a_pytorch_that_calculates_wrongly_is_not_installed(world):
    broken = (ROOT / "backend/runtime/environment/self_test.py").read_text()  # it is there to be run
    assert "TOLERANCE" in broken
    wrong = make_wheel(world.shelf, "torch", {"torch/__init__.py": "raise OSError('libcudart.so: missing')"})
    world.change(TORCH, sha256=fetch.sha256_of(wrong), size=wrong.stat().st_size)
    with pytest.raises(SelfTestFailed, match="libcudart"):
        world.install(shelf=world.shelf)
    assert world.place.installed() is None


def test_a_gpu_that_was_promised_must_be_found(world):
    world.install(shelf=world.shelf)
    with pytest.raises(SelfTestFailed, match="does not see the GPU"):
        self_test(world.place, "cuda")


def test_a_python_that_cannot_make_environments_is_told_so(world, monkeypatch):
    def refuse(command, **_more):
        return subprocess.CompletedProcess(command, 1, b"The venv module is broken\n")

    monkeypatch.setattr(install.subprocess, "run", refuse)
    with pytest.raises(NoEnvironment, match="The venv module is broken"):
        world.install(shelf=world.shelf)


def test_what_is_in_use_is_told_so(world, monkeypatch):
    world.install(shelf=world.shelf)

    def held(folder):
        raise PermissionError(13, "in use", str(folder / "torch_cpu.dll"))

    monkeypatch.setattr(install, "remove_tree", held)
    with pytest.raises(NotWritable, match=r"“torch_cpu\.dll” in .* cannot be changed: it is in use") as told:
        remove(world.place, world.errand)
    assert told.value.code == "runtime_in_use" and "Stop the backend" in told.value.fix


def test_a_file_in_place_of_our_folder_is_told_so(world):
    world.place.root.parent.mkdir(parents=True)
    world.place.root.write_text("")
    with pytest.raises(NotWritable, match="is no folder"):
        world.install(shelf=world.shelf)


def test_only_one_at_a_time(world):
    with alone_in(world.place.root), pytest.raises(Busy, match="by another process"):
        world.install(shelf=world.shelf)


# ------------------------------------------------------------------------------ what stands keeps standing


def newer(world) -> None:
    """The lock names another wheel than the one that is installed."""
    wheel = make_wheel(world.shelf, "pillow", {"PIL/__init__.py": "__version__ = '10'"}, padding=3)
    world.change(wheel.name, sha256=fetch.sha256_of(wheel), size=wheel.stat().st_size)


def stands(world) -> bool:
    found = interpreter(world.root / "data")
    return found is not None and self_test(world.place).sentence == "CPU: OK"


def offline(world, monkeypatch):
    return {"network": False}, MissingWheels


def full(world, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda path: usage(1, 1, 1))
    return {"shelf": world.shelf}, DiskFull


def spoilt(world, monkeypatch):
    path = world.shelf / TORCH
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    return {"shelf": world.shelf}, WrongFile


def cancelled(world, monkeypatch):
    def stop(self):
        raise Cancelled

    monkeypatch.setattr(install.Fetch, "run", stop)
    return {"shelf": world.shelf}, Cancelled


def unasked(world, monkeypatch):
    world.change(TORCH, verified=False)
    return {"shelf": world.shelf}, NeedsConsent


@pytest.mark.parametrize("repair", [False, True])
@pytest.mark.parametrize("trouble", [offline, full, spoilt, cancelled, unasked])
def test_an_update_that_fails_leaves_what_works_as_it_was(world, monkeypatch, trouble, repair):
    world.install(shelf=world.shelf)
    before = world.place.installed()
    newer(world)
    with monkeypatch.context() as patch:
        more, error = trouble(world, patch)
        with pytest.raises(error):
            world.install(repair=repair, **more)
    assert world.place.installed() == before and stands(world)


def test_an_update_that_fails_while_it_unpacks_leaves_none_and_the_next_try_makes_it(world, monkeypatch):
    world.install(shelf=world.shelf)
    newer(world)
    with monkeypatch.context() as patch:

        def full(wheel, packages, step):
            raise OSError(28, "No space left on device")

        patch.setattr(install, "unpack", full)
        with pytest.raises(OSError, match="No space"):
            world.install(shelf=world.shelf)
    assert interpreter(world.root / "data") is None
    assert world.install(shelf=world.shelf) == "CPU: OK" and stands(world)


def test_a_repair_that_finds_no_damage_never_takes_the_environment_away(world, monkeypatch):
    world.install(shelf=world.shelf)
    seen = []
    monkeypatch.setattr(install.Place, "unmark", lambda place: seen.append("unmarked"))
    assert world.install(network=False, repair=True) == "CPU: OK" and seen == []


def test_a_repair_that_cannot_mend_the_damage_leaves_none(world):
    world.install(shelf=world.shelf)
    (world.place.packages / "torch/__init__.py").write_text("")
    with pytest.raises(MissingWheels, match=f"1 of 1 wheels are not in our folder: {TORCH}"):
        world.install(network=False, repair=True)
    assert interpreter(world.root / "data") is None


def test_a_repair_that_finds_it_calculates_wrongly_leaves_none(world):
    world.install(shelf=world.shelf)

    def fails(place, device):
        raise SelfTestFailed("PyTorch was installed but does not work here.", "Send us the report.")

    with pytest.raises(SelfTestFailed):
        world.install(network=False, repair=True, test=fails)
    assert interpreter(world.root / "data") is None


# ------------------------------------------------------------------------------ it is stopped and goes on

DRIVER = """
    import functools, sys, time
    sys.path[:0] = [ROOT, ROOT + "/tests/backend/runtime"]
    from pathlib import Path
    from backend.errand import Errand
    from backend.runtime.environment import install, lock
    from backend.runtime.environment.accelerator import this_machine
    from backend.runtime.environment.place import Place
    def pause(what):
        print("at", what, flush=True)
        if what == WHERE:
            time.sleep(600)
    errand = Errand("test", quiet=True)
    step = errand.step
    def watched(fraction=None, stage="", detail="", eta=None):
        step(fraction, stage, detail, eta)
        pause(stage)
    errand.step = watched
    unpack = install.unpack
    def slowly(wheel, packages, step):
        unpack(wheel, packages, step)
        pause("unpacked " + wheel.name)
    install.unpack = slowly
    mark = Place.mark
    Place.mark = lambda self, what: (pause("before the marker"), mark(self, what))
    plan = lock.plan(this_machine(), "cpu", Path(LOCK))
    made = install.Install(plan=plan, place=Place(Path(PLACE)), errand=errand, shelf=Path(SHELF), network=False)
    print("finished", made.run(), flush=True)
"""


def drive(world: World, where: str) -> subprocess.Popen:
    values = {"ROOT": str(ROOT), "WHERE": where, "LOCK": str(world.lock)}
    values |= {"PLACE": str(world.place.root), "SHELF": str(world.shelf)}
    code = "".join(f"{name} = {value!r}\n" for name, value in values.items()) + textwrap.dedent(DRIVER)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, encoding="utf-8")


@pytest.mark.parametrize(
    "where",
    ["Downloading", "Making the environment", "Installing", f"unpacked {TORCH}", "Trying it out", "before the marker"],
)
def test_killed_at_any_step_it_goes_on(world, where):
    child = drive(world, where)
    for line in child.stdout:
        assert not line.startswith("finished")
        if line.strip() == f"at {where}":
            break
    child.kill()
    child.wait()
    child.stdout.close()
    assert interpreter(world.root / "data") is None
    done = world.place.progress.read_text().splitlines() if world.place.progress.exists() else []
    kept = {
        name: os.stat(world.place.packages / name.split("-")[0]).st_ino for name in done[1:] if "pillow" not in name
    }
    assert world.install(shelf=world.shelf, network=False) == "CPU: OK"
    for name, inode in kept.items():  # whole wheels were not unpacked again
        assert os.stat(world.place.packages / name.split("-")[0]).st_ino == inode
    assert check_files(world.place, lambda count: None) > 8


def test_a_download_that_was_killed_is_not_fetched_again(online):
    whole = online.place.downloads / "numpy-1.0-py3-none-any.whl"
    whole.parent.mkdir(parents=True)
    shutil.copyfile(online.shelf / whole.name, whole)
    (whole.parent / "fresh").mkdir()
    (whole.parent / "fresh" / "half.whl").write_bytes(b"half")
    (whole.parent / TORCH).write_bytes(b"cut off")  # not what the lock says, whatever made it
    assert online.install() == "CPU: OK"
    asked = {path.split("/")[2] for path, _ in online.server.asked if path.startswith("/simple/")}
    assert asked == {"torch", "safetensors", "pillow"}


def test_cancelled_while_pip_works_it_ends_pip_too(online, monkeypatch, tmp_path):
    slow = tmp_path / "slow"
    slow.write_text("import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)")
    note = tmp_path / "pid"
    monkeypatch.setattr(fetch.Fetch, "_command", lambda self, *_: [sys.executable, str(slow), str(note)])
    step = online.errand.step

    def stop_soon(*args, **kwargs):
        if note.exists() and note.read_text():
            online.errand.cancel()
        step(*args, **kwargs)

    monkeypatch.setattr(online.errand, "step", stop_soon)
    with pytest.raises(Cancelled):
        online.install()
    assert gone(int(note.read_text()))


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_what_we_started_dies_with_us_even_if_we_are_killed(tmp_path):
    note = tmp_path / "pid"
    slow = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    code = f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from pathlib import Path
        from backend.errand import Errand
        from backend.runtime.environment.pips import run
        run(Errand("test", quiet=True), [sys.executable, "-c", {slow!r}], print, Path({str(tmp_path)!r}))
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    until = time.monotonic() + 30
    while not (note.exists() and note.read_text()):
        assert child.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert gone(int(note.read_text()))


def gone(pid: int) -> bool:
    """Whether a process ends within seconds."""
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{pid}/stat") if os.path.exists(f"/proc/{pid}/stat") else open(os.devnull) as stat:
            if ") Z " in stat.read():
                return True
        time.sleep(0.02)
    return False


# ------------------------------------------------------------------------------- it is checked, and removed


@pytest.mark.parametrize("harm", ["change", "delete"])
def test_verifying_notices_a_file_that_is_not_as_it_was(world, harm):
    world.install(shelf=world.shelf)
    path = world.place.packages / "safetensors/__init__.py"
    if harm == "change":
        path.write_text("__version__ = '6.6'")
    else:
        path.unlink()
    with pytest.raises(Damaged, match=r"^safetensors/__init__\.py of the GPU runtime is missing or was changed"):
        check_files(world.place, lambda count: None)


def test_repairing_fetches_only_what_is_damaged(online):
    online.install()
    online.server.asked.clear()
    packages = online.place.packages
    (packages / "safetensors/__init__.py").write_text("__version__ = '6.6'")
    (packages / "pillow-1.0.dist-info/RECORD").unlink()
    kept = os.stat(packages / "torch/__init__.py").st_ino
    assert online.install(repair=True) == "CPU: OK"
    asked = {path.split("/")[2] for path, _ in online.server.asked if path.startswith("/simple/")}
    assert asked == {"safetensors", "pillow"}
    assert os.stat(packages / "torch/__init__.py").st_ino == kept
    assert check_files(online.place, lambda count: None) > 8
    online.server.asked.clear()
    assert online.install(repair=True) == "CPU: OK" and not online.server.asked


def test_what_a_power_cut_spoilt_is_noticed_and_made_good_by_the_next_try(world):
    world.install(shelf=world.shelf)
    world.place.unmark()  # everything was unpacked and noted, but the disk had not written all of it
    (world.place.packages / "safetensors/__init__.py").write_bytes(b"\0\0\0")
    with pytest.raises(Damaged, match="Repair it"):
        world.install(shelf=world.shelf)
    assert world.place.installed() is None
    assert world.install(shelf=world.shelf) == "CPU: OK"


def test_removing_leaves_nothing_but_the_log_and_touches_nothing_else(world):
    world.install(shelf=world.shelf)
    weights = world.root / "data/weights/lgm"
    weights.mkdir(parents=True)
    (weights / "model.safetensors").write_bytes(b"precious")
    (world.place.root / "install.log").write_text("what happened")
    told = remove(world.place, world.errand)
    assert "removed" in told and listing(world.place.root) == {".lock", "install.log"}
    assert (weights / "model.safetensors").exists() and listing(world.shelf)
    assert interpreter(world.root / "data") is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_removing_does_not_follow_a_link(world, tmp_path):
    other = tmp_path / "somebody else's"
    other.mkdir()
    (other / "file").write_text("keep")
    world.place.root.mkdir(parents=True)
    world.place.env.symlink_to(other)
    remove(world.place, world.errand)
    assert (other / "file").exists() and not world.place.env.exists()


def test_an_environment_whose_python_has_gone_is_none(world):
    world.install(shelf=world.shelf)
    world.place.python.unlink()
    world.place.python.symlink_to(world.root / "no such python")
    assert interpreter(world.root / "data") is None
    assert world.install(shelf=world.shelf) == "CPU: OK"
    assert interpreter(world.root / "data") == world.place.python


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": 1}', "[" * 5000])
def test_a_damaged_marker_is_no_marker(tmp_path, text):
    place = Place(tmp_path)
    place.marker.write_text(text)
    assert place.installed() is None


def test_the_report_names_no_person_and_no_secret(world, monkeypatch):
    monkeypatch.setenv("HOME", str(world.root))
    monkeypatch.setenv("USERPROFILE", str(world.root))
    world.install(shelf=world.shelf)
    log = ["pip: Looking in indexes: https://joe:s3cret@mirror.example/simple", f"pip: {world.root}/x"]
    (world.place.root / "install.log").write_text("\n".join([*log, "Authorization: Bearer hf_abc", "PASSWORD=hunter2"]))
    text = report(world.machine, world.place, f"cannot write {world.root}/data")
    for hidden in ("s3cret", "joe", "hf_abc", "hunter2", str(world.root)):
        assert hidden not in text
    assert "torch 9.9+tiny, CPU: OK" in text and "~/x" in text and "https://…@mirror.example" in text


def test_pip_is_not_steered_by_what_would_change_where_files_go(monkeypatch):
    for name in ("PIP_TARGET", "PIP_USER", "PIP_NO_BINARY", "PYTHONHOME", "PYTHONPATH"):
        monkeypatch.setenv(name, "somewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    told = pips.clean_environment()
    assert not {"PIP_TARGET", "PIP_USER", "PIP_NO_BINARY", "PYTHONHOME", "PYTHONPATH"} & set(told)
    assert told["PIP_INDEX_URL"] and told["HTTPS_PROXY"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("ERROR: No space left on device", "disk_full"),
        ("NewConnectionError: [Errno 111] Connection refused", "offline"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "wrong_file"),
        ("ERROR: No matching distribution found for numpy==1.0", "not_there"),
        ("ERROR: something new", "pip_failed"),
        ("", "pip_failed"),
    ],
)
def test_what_pip_says_becomes_one_sentence(world, said, code):
    error = fetch._explain(said, world.place.root)
    assert isinstance(error, JobError) and error.code == code and error.fix
    assert "\n" not in error.sentence
