"""Errands over real processes: good ones, and those that stall, die, lie and write garbage."""

import json
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from maquette.blender_addon import errand as module
from maquette.blender_addon.child import Launch, process_alive
from maquette.blender_addon.errand import Errand, Patience

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@pytest.fixture
def errand(tmp_path):
    """``errand(how, *arguments)`` starts a script; what still runs is ended."""
    made = []

    def make(*arguments, patience=None, variables=None, command=None):
        script = (sys.executable, "-X", "utf8", str(HERE / "errand_script.py"))
        launch = Launch(sys.executable, ROOT, tmp_path / "data", command=command or script)
        made.append(Errand(launch, arguments, variables, patience or Patience(grace=30)))
        return made[-1]

    yield make
    for one in made:
        one.close()
        assert one.over and not one._folder.exists()


def follow(one, until=lambda one: one.over, seconds=30.0):
    """Polls until it is over; returns (stage, fraction) on the way, once each."""
    seen, end = [], time.monotonic() + seconds
    while not until(one):
        assert time.monotonic() < end, (one.state, one.stage)
        begun = time.perf_counter()
        one.poll()
        assert time.perf_counter() - begun < 5, "a poll waits for nothing"
        if not seen or seen[-1] != (one.stage, one.fraction):
            seen.append((one.stage, one.fraction))
        time.sleep(0.005)
    return seen


def test_a_good_errand_is_followed_to_its_sentence(errand):
    one = errand("good", "--follow-me-not")
    seen = follow(one)
    assert (one.state, one.sentence, one.fraction, one.eta) == ("done", "CPU: OK", 1.0, None)
    assert len([stage for stage, _ in seen if stage == "Downloading"]) >= 2
    assert [fraction for _, fraction in seen] == sorted(fraction for _, fraction in seen)
    written = one.log.read_text()
    assert "'good', '--follow-me-not', '--follow', '--report'" in written and one.log.name.startswith("good-")
    assert not one.poll()


def test_variables_reach_the_process(errand):
    one = errand("environment", variables={"SOME_SETTING": "a mirror"})
    follow(one)
    assert one.sentence == "a mirror"


def test_a_failure_keeps_its_words(errand):
    one = errand("fails")
    follow(one)
    assert (one.state, one.sentence, one.fix, one.code) == ("failed", "The disk is full.", "Free 3 GB.", "disk_full")


@pytest.mark.parametrize("how", ["obeys", "obeys with an error"])
def test_a_cancelled_errand_ends_by_itself(errand, how):
    one = errand(how)
    follow(one, lambda one: one.fraction == 0.5)
    one.cancel()
    one.cancel()
    follow(one)
    assert (one.state, one.sentence, one.code) == ("cancelled", "Cancelled.", "cancelled")


def test_one_that_ignores_its_lifeline_is_ended(errand):
    one = errand("ignores", patience=Patience(grace=0.2))
    follow(one, lambda one: one.fraction == 0.5)
    assert one._process.poll() is None
    one.cancel()
    follow(one)
    assert one.state == "cancelled" and one._process.poll() is not None


def test_what_it_started_is_ended_with_it(errand):
    one = errand("has a child", patience=Patience(grace=0.1))
    follow(one, lambda one: one.detail)
    child = int(one.detail)
    assert process_alive(child)
    one.cancel()
    follow(one)
    end = time.monotonic() + 10
    while _runs(child):
        assert time.monotonic() < end
        time.sleep(0.02)


def _runs(pid):
    """Whether it does more than wait to be collected, which in a container nobody may do."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.parent.parent.joinpath("self").exists():
        return process_alive(pid)
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_one_that_says_done_and_stays_is_done(errand):
    one = errand("says so and stays", patience=Patience(grace=0.2))
    follow(one)
    assert (one.state, one.sentence) == ("done", "All is well.") and one._process.poll() is not None


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("dies", "no such luck"),
        ("is silent and dies", "exit code 7"),
        ("is killed", "the system ended it"),
        ("ends early", "arguments"),
        ("no such thing", "no such errand"),
    ],
)
def test_a_death_is_one_sentence_and_a_fix(errand, how, words):
    one = errand(how)
    follow(one)
    assert one.state == "failed" and one.code == "backend_lost"
    assert one.sentence.startswith("The helper process stopped unexpectedly (") and words in one.sentence
    assert "Try again" in one.fix and str(one.log) in one.fix


def test_an_interpreter_that_is_not_there(errand, tmp_path):
    one = errand("good", command=(str(tmp_path / "nothing"),))
    assert one.state == "failed" and "could not be started" in one.sentence and one.fix
    assert not one.poll()
    one.cancel()


def test_the_fraction_never_falls_nor_leaves_its_bounds(errand):
    one = errand("falls back")
    fractions = [fraction for _, fraction in follow(one, lambda one: one.fraction == 1.0)]
    assert fractions == sorted(fractions) and set(fractions) <= {0.0, 0.8, 1.0}


def test_garbage_is_not_believed_and_ends_in_words(errand):
    one = errand("garbage")
    follow(one, lambda one: one._nonsense)
    assert one.state == "running" and one.stage == "Starting"
    one._process.stdin.close()
    follow(one)
    assert one.state == "failed" and "makes no sense" in one.sentence and one.fix


def test_silence_is_counted(errand):
    one = errand("obeys")
    follow(one, lambda one: one.fraction == 0.5)
    now = time.monotonic()
    one.poll(now + 1)
    one.poll(now + 200)
    assert 190 < one.quiet < 210 and one.state == "running"


def test_closing_ends_it(errand):
    one = errand("ignores")
    follow(one, lambda one: one.fraction == 0.5)
    one.close(patience=0.1)
    assert one.state == "cancelled" and one._process.poll() is not None


def test_the_product_itself_answers_in_words(errand):
    """The real command line, asked for a verb that it does not have."""
    one = errand("no-such-verb", command=(sys.executable, "-X", "utf8", "-m", "backend"))
    follow(one)
    assert one.state == "failed" and "no-such-verb" in one.sentence


GOOD = {"state": "running", "fraction": 0.5, "eta": None} | dict.fromkeys(module._WORDS, "")
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(GOOD)), inner, max_size=8),
    max_leaves=20,
)


@given(st.one_of(st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode())))
def test_any_report_is_refused_or_sound(tmp_path_factory, raw):
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(raw)
    told = module._report(file)
    assert told is None or set(told) == set(GOOD)


@given(st.sampled_from([*GOOD]), JSON)
def test_one_wrong_field_is_refused_or_sound(tmp_path_factory, key, value):
    file = tmp_path_factory.getbasetemp() / "one.json"
    file.write_text(json.dumps({**GOOD, key: value}))
    told = module._report(file)
    if told is not None:
        assert told["state"] in ("running", "done", "failed", "cancelled")
        assert isinstance(told["fraction"], float) and abs(told["fraction"]) < float("inf")
        assert all(isinstance(told[word], str) for word in module._WORDS)


@pytest.mark.parametrize("raw", [b"x" * (module.MAX_REPORT + 1), b"[" * 60_000, b'{"state": "done"}'])
def test_large_deep_and_incomplete_reports_are_refused(tmp_path, raw):
    file = tmp_path / "r.json"
    file.write_bytes(raw)
    assert module._report(file) is None
