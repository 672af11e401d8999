"""Long errands: what those who follow them see, and that they end when nobody does."""

from __future__ import annotations

import argparse
import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from maquette.backend import errand as module
from maquette.backend.errand import Errand, add_options, carry_out
from maquette.backend.errors import Cancelled, DiskFull

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"state", "stage", "fraction", "eta", "detail", "sentence", "fix", "code"}


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(words)


def told(file: Path) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report.json"


def test_a_good_errand_reports_each_stage_and_its_sentence(report, capsys):
    seen = []

    def work(errand: Errand) -> str:
        for fraction, stage in ((0.0, "Downloading"), (0.5, "Installing"), (0.2, "Testing")):
            errand.step(fraction, stage, f"{stage} …")
            seen.append(told(report))
        return "RTX 4070, CUDA 12.8: OK"

    assert carry_out(options("--quiet", "--report", str(report)), "runtime", work) == 0
    assert [part["stage"] for part in seen] == ["Downloading", "Installing", "Testing"]
    assert [part["fraction"] for part in seen] == [0.0, 0.5, 0.5]  # it never falls
    assert all(set(part) == KEYS and part["state"] == "running" for part in seen)
    last = told(report)
    assert last == {**seen[-1], "state": "done", "fraction": 1.0, "sentence": "RTX 4070, CUDA 12.8: OK", "detail": ""}
    assert capsys.readouterr().out == "RTX 4070, CUDA 12.8: OK\n"
    assert list(report.parent.iterdir()) == [report]


def test_what_goes_wrong_becomes_a_sentence_a_remedy_and_a_code(report, capsys):
    def work(errand: Errand) -> str:
        raise DiskFull("The disk is full.", "Free 3 GB.")

    assert carry_out(options("--quiet", "--report", str(report)), "runtime", work) == 2
    last = told(report)
    assert (last["state"], last["sentence"], last["fix"]) == ("failed", "The disk is full.", "Free 3 GB.")
    assert last["code"] == "disk_full" and last["eta"] is None
    assert capsys.readouterr().err == "The disk is full. Free 3 GB.\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "no space"), "disk_full"),
        (MemoryError(), "out_of_memory"),
        (ZeroDivisionError("a\nb"), "internal"),
        (KeyboardInterrupt(), "cancelled"),
    ],
)
def test_any_error_has_words(error, code):
    explained = module.explain(error)
    assert explained.code == code and explained.sentence.endswith(".") and "\n" not in explained.sentence


def test_a_stopped_errand_ends_at_the_next_step_whatever_its_work_raises(report):
    def work(errand: Errand) -> str:
        errand.cancel()
        with pytest.raises(Cancelled):
            errand.step(0.1, "Downloading")
        with pytest.raises(Cancelled):
            errand.sleep(60)
        raise OSError("the connection was closed under it")

    assert carry_out(options("--quiet", "--report", str(report)), "runtime", work) == 130
    assert told(report)["state"] == "cancelled" and told(report)["code"] == "cancelled"


def test_a_bare_step_changes_nothing(report, monkeypatch):
    monkeypatch.setattr(module, "REPORT_EVERY", 0.0)
    errand = Errand("runtime", report, quiet=True)
    errand.step(0.5, "Downloading", "1 of 2 GB")
    before = told(report)
    errand.step()
    assert told(report) == before and before["detail"] == "1 of 2 GB"


def test_what_blocks_is_told_of_the_stop():
    errand = Errand("runtime", quiet=True)
    heard, other = threading.Event(), threading.Event()

    def spoilt() -> None:
        raise RuntimeError

    with errand.on_stop(other.set):
        pass
    with errand.on_stop(spoilt), errand.on_stop(heard.set):
        threading.Thread(target=errand.cancel).start()
        assert heard.wait(10)
    assert not other.is_set()  # it had gone on already
    late = threading.Event()
    with errand.on_stop(late.set):
        assert late.is_set()


def test_the_report_is_written_rarely_but_every_stage_is(report, monkeypatch):
    written = []
    monkeypatch.setattr(Errand, "_write", lambda self: written.append(self.progress.stage) or True)
    errand = Errand("runtime", report, quiet=True)
    monkeypatch.setattr(module, "REPORT_EVERY", 3600)
    for i in range(100):
        errand.step(i / 200, "Downloading")
    errand.step(0.6, "Installing")
    assert written == ["Downloading", "Installing"]


def test_a_report_that_cannot_be_written_does_not_end_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_TRIES", 1)
    args = options("--quiet", "--report", str(tmp_path / "missing" / "report.json"))
    assert carry_out(args, "runtime", lambda errand: errand.step(0.5, "Downloading") or "Done.") == 0


def test_people_see_a_bar_and_the_log_has_a_line_a_stage(capsys):
    def work(errand: Errand) -> str:
        errand.step(0.25, "Downloading", "1 of 4 MB")
        time.sleep(module.REPORT_EVERY)
        errand.step(0.3, "Downloading", "2 of 4 MB")
        errand.say("a line from pip")
        errand.step(0.5, "Installing")
        return ""

    assert carry_out(options(), "GPU engines", work) == 0
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [
        "GPU engines: Downloading (25%)",
        "a line from pip",
        "GPU engines: Installing (50%)",
    ]
    assert shown.out == ""


CHILD = """
    import argparse, sys, time
    from backend import errand
    def work(task):
        if "hang" in sys.argv:
            task.step(0.1, "Hanging")
            time.sleep(600)
        while True:
            task.step(0.1, "Waiting")
            task.sleep(0.01)
    errand.GRACE = 0.2
    parser = argparse.ArgumentParser()
    errand.add_options(parser)
    args, _ = parser.parse_known_args()
    sys.exit(errand.carry_out(args, "errand", work))
"""


def start(report: Path, *words: str) -> subprocess.Popen:
    command = [sys.executable, "-c", textwrap.dedent(CHILD), "--report", str(report), *words]
    child = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 30
    while not report.exists():
        assert child.poll() is None and time.monotonic() < until, child.stderr.read()
        time.sleep(0.01)
    return child


@pytest.mark.parametrize("words", [("--follow",), ("--follow", "hang")])
def test_it_dies_with_whoever_started_it(report, words):
    child = start(report, *words)
    child.stdin.close()
    assert child.wait(30) == 130
    child.stderr.close()
    assert told(report)["state"] == "cancelled"


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_politely(report, number):
    child = start(report)
    child.send_signal(number)
    assert child.wait(30) == 130
    said = child.stderr.read().decode()
    child.stdin.close(), child.stderr.close()
    assert said.rstrip().endswith("Cancelled.") and "Traceback" not in said
    assert told(report)["state"] == "cancelled"


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_closed_input_means_nothing_to_an_errand_that_nobody_follows(report):
    child = start(report)
    child.stdin.close()
    time.sleep(0.3)
    assert child.poll() is None
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 130
    child.stderr.close()
