"""``python -m backend runtime status|install|fetch|verify|remove``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from ...errand import DONE, FAILED, INTERRUPTED, Errand, add_options, carry_out
from ...errors import JobError
from ..store.access import Access
from ..store.folder import data_folder
from ..store.names import in_words
from .accelerator import Machine, this_machine
from .alone import alone_in
from .builds import BUILDS
from .check import check_files, self_test
from .fetch import Fetch, check_space
from .install import MARGIN, Install, remove
from .lock import Plan, plan
from .place import Place
from .report import report

TITLE = "GPU runtime"
CARRIED = Path(__file__).resolve().parents[3] / "wheels"  # a package that needs no network brings them


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds ``runtime`` to the command line."""
    runtime = verbs.add_parser("runtime", help="install, check or remove what GPU engines run on")
    actions = runtime.add_subparsers(required=True, metavar="ACTION")

    status = actions.add_parser("status", help="what is installed, what would be, and how large it is")
    status.add_argument("--json", action="store_true", help="one JSON object")
    status.add_argument("--report", action="store_true", help="the text to paste into an issue")
    _where(status)
    _which(status)
    status.set_defaults(run=lambda args, _catalogue: _status(args))

    install = actions.add_parser("install", help="make the private environment, or go on with it")
    _where(install)
    _which(install)
    install.add_argument("--wheels", type=Path, metavar="DIR", help="a folder with the wheels, or some of them")
    install.add_argument("--no-index", action="store_true", help="ask no server: the wheels must be there")
    install.add_argument("--proxy", default="", help="an http address, or none; otherwise the system's is used")
    install.add_argument(
        "--accept-unverified", action="store_true", help="also take files whose hash we could not confirm ourselves"
    )
    install.add_argument("--repair", action="store_true", help="look at what is installed and replace what is damaged")
    install.add_argument("--yes", action="store_true", help="do not ask before a large download")
    add_options(install)
    install.set_defaults(run=lambda args, _catalogue: _install(args))

    fetch = actions.add_parser("fetch", help="only download the wheels, for a computer without a network")
    fetch.add_argument("folder", type=Path)
    _which(fetch)
    fetch.add_argument("--proxy", default="", help="an http address, or none; otherwise the system's is used")
    add_options(fetch)
    fetch.set_defaults(run=lambda args, _catalogue: _fetch(args))

    verify = actions.add_parser("verify", help="compare every file with its hash, and calculate a little")
    _where(verify)
    add_options(verify)
    verify.set_defaults(run=lambda args, _catalogue: _verify(args))

    gone = actions.add_parser("remove", help="delete the environment and what was downloaded for it")
    _where(gone)
    add_options(gone)
    gone.set_defaults(run=lambda args, _catalogue: carry_out(args, TITLE, lambda errand: remove(_place(args), errand)))


def _where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        "--data-dir",
        dest="data",
        default="",
        metavar="DIR",
        help="the folder for our data; its folder gpu is used",
    )


def _which(parser: argparse.ArgumentParser) -> None:
    names = ("auto", "cuda", *BUILDS)
    parser.add_argument(
        "--accelerator", choices=names, default="auto", help="what to calculate on (default: %(default)s)"
    )


def _place(args: argparse.Namespace) -> Place:
    return Place(data_folder(args.data) / "gpu")


# ----------------------------------------------------------------------------------------------- status


def _status(args: argparse.Namespace) -> int:
    place, machine = _place(args), this_machine()
    if args.report:
        print(report(machine, place), end="")
        return DONE
    facts = status(place, machine, args.accelerator)
    if args.json:
        print(json.dumps(facts))
        return DONE
    print(facts["sentence"], facts["fix"])
    return DONE if facts["supported"] else FAILED


def status(place: Place, machine: Machine, wanted: str = "auto") -> dict[str, Any]:
    """What is there and what an installation would mean; plain data, sizes in bytes.

    These names are what Blender's panel reads. ``build`` would be installed; ``installed_build`` is, "" while there is
    none: a repair asks for that one (``install --repair --accelerator``), lest it become another installation.
    ``current`` whether what is installed is what would be installed now; ``interpreter`` "" while there is none.
    """
    done = place.installed()
    there = done is not None and place.python.exists()
    best = machine.best
    facts: dict[str, Any] = {
        "supported": True,
        "installed": there,
        "installed_build": done.build if there and done else "",
        "current": False,
        "interpreter": str(place.python) if there else "",
        "self_test": done.self_test if there and done else "",
        "device": done.device if there and done else "",
        "torch": done.torch if there and done else "",
        "bytes": done.bytes if there and done else 0,
        "folder": str(place.root),
        "begun": not there and (place.env.exists() or place.downloads.exists()),
        "platform": machine.platform,
        "python": machine.python,
        "gpu": dataclasses.asdict(best) if best else None,
        "driver": ".".join(map(str, machine.driver)),
        "free": _free(place.root),
        "build": "",
        "title": "",
        "why": "",
        "download": 0,
        "disk": 0,
        "unverified": [],
    }
    try:
        wanted_plan = plan(machine, wanted)
    except JobError as error:
        return {**facts, "supported": False, "sentence": error.sentence, "fix": error.fix}
    build = wanted_plan.choice.build
    facts |= {
        "current": there and done is not None and done.key == wanted_plan.key,
        "build": build.name,
        "title": build.title,
        "why": wanted_plan.choice.sentence,
        "download": wanted_plan.download,
        "disk": wanted_plan.installed,
        "unverified": [wheel.file for wheel in wanted_plan.unverified],
    }
    return {**facts, **_words(facts)}


def _words(facts: dict[str, Any]) -> dict[str, str]:
    if facts["installed"]:
        fix = "" if facts["current"] else "An update is ready: install again."
        return {"sentence": f"Installed: {facts['self_test']} ({in_words(facts['bytes'])} on the disk).", "fix": fix}
    begun = "Begun, not finished." if facts["begun"] else "Not installed."
    sizes = f"{in_words(facts['download'])} to download, {in_words(facts['disk'])} on the disk"
    return {"sentence": f"{begun} {facts['title']}: {sizes}.", "fix": facts["why"]}


def _free(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


# ------------------------------------------------------------------------------------------ the errands


def _install(args: argparse.Namespace) -> int:
    if not _agreed(args):
        print("Nothing was installed.", file=sys.stderr)
        return INTERRUPTED

    def work(errand: Errand) -> str:
        place = _place(args)
        errand.keep_log(place.log)
        chosen = plan(this_machine(), args.accelerator)
        return Install(
            plan=chosen,
            place=place,
            errand=errand,
            shelf=args.wheels or (CARRIED if any(CARRIED.glob("torch-*.whl")) else None),
            network=not args.no_index,
            consent=args.accept_unverified,
            repair=args.repair,
            access=Access(proxy=args.proxy),
        ).run()

    return carry_out(args, TITLE, work)


def _fetch(args: argparse.Namespace) -> int:
    def work(errand: Errand) -> str:
        chosen = plan(this_machine(), args.accelerator)
        total = max(chosen.download, 1)

        def step(there: int, what: str) -> None:
            errand.step(min(there / total, 1.0), "Downloading", f"{in_words(there)} of {in_words(total)} · {what}")

        with alone_in(args.folder):
            check_space(args.folder, total)
            Fetch(chosen.wheels, args.folder, errand, step, access=Access(proxy=args.proxy)).run()
        return f"{len(chosen.wheels)} wheels for {chosen.machine.platform}, Python {chosen.machine.python}, are there."

    return carry_out(args, TITLE, work)


def _agreed(args: argparse.Namespace) -> bool:
    """Asks a person at a terminal, who sees the sizes first; whoever starts us otherwise has asked already."""
    if args.yes or args.follow or not (sys.stdin and sys.stdin.isatty()):
        return True
    facts = status(_place(args), this_machine(), args.accelerator)
    if not facts["supported"] or (facts["current"] and not args.repair):
        return True  # what there is to say is said in a moment
    needed = in_words(facts["disk"] + facts["download"] + MARGIN)
    print(facts["sentence"], facts["fix"])
    print(f"While it installs, {needed} are needed; {in_words(facts['free'])} are free in {facts['folder']}.")
    return input("Go on? [y/N] ").strip().lower() in ("y", "yes")


def _verify(args: argparse.Namespace) -> int:
    def work(errand: Errand) -> str:
        place = _place(args)
        done = place.installed()
        if done is None or not place.python.exists():
            raise JobError("The GPU runtime is not installed.", "Install it first: python -m backend runtime install")
        with alone_in(place.root):
            read = 0

            def step(count: int) -> None:
                nonlocal read
                read += count
                errand.step(0.9 * min(read / max(done.bytes, 1), 1.0), "Checking the files", in_words(read))

            files = check_files(place, step)
            errand.step(0.9, "Trying it out")
            found = self_test(place, done.device if done.device != "cpu" else "")
        where = f"{found.name} ({found.device})"
        errand.say(f"{files} files are as they were published; the self-test took {found.seconds} s on: {where}")
        return found.sentence

    return carry_out(args, TITLE, work)


__all__ = ["Plan", "register", "status"]
