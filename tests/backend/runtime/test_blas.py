"""Products are right whatever multiplies them, and nothing on the machine can keep the backend from starting."""

import logging
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maquette.backend.runtime import blas
from maquette.backend.runtime.threads import Threads

ROOT = Path(__file__).resolve().parents[3]


def candidates():
    """Everything found on this machine that can multiply."""
    team = Threads(2)
    found = [blas._numpy(team), blas.Blas("NumPy (loops)", team, blas._by_einsum)]
    for title, path in blas._libraries(""):
        try:
            found.append(blas._load(title, path, team))
        except OSError:
            continue
    return found


FOUND = candidates()


@pytest.fixture(params=FOUND, ids=lambda found: found.title)
def multiplier(request):
    return request.param


@pytest.fixture(autouse=True)
def choice():
    """Gives the process its choice back."""
    before = blas._chosen
    yield
    blas._chosen = before


def views(rng, rows, columns):
    """The same kind of matrix in every way it may lie in memory."""
    yield rng.standard_normal((rows, columns), np.float32)
    yield rng.standard_normal((columns, rows), np.float32).T
    yield rng.standard_normal((rows, columns + 5), np.float32)[:, 2 : 2 + columns]
    yield rng.standard_normal((2 * rows, columns), np.float32)[::2]
    yield rng.standard_normal((rows, 3 * columns), np.float32)[:, ::3]
    yield rng.standard_normal((rows, columns), np.float32)[::-1, ::-1]
    yield np.broadcast_to(rng.standard_normal((1, columns), np.float32), (rows, columns))
    raw = bytearray(rows * columns * 4 + 1)
    unaligned = np.frombuffer(raw, np.float32, rows * columns, 1).reshape(rows, columns)
    unaligned[...] = rng.standard_normal((rows, columns), np.float32)
    yield unaligned


@pytest.mark.parametrize("m, k, n", [(1, 1, 1), (1, 7, 5), (5, 1, 7), (7, 5, 1), (33, 65, 17)])
def test_products_of_all_views(multiplier, m, k, n):
    rng = np.random.default_rng(0)
    for a in views(rng, m, k):
        for b in views(rng, k, n):
            expected = a.astype(np.float64) @ b.astype(np.float64)
            assert np.allclose(multiplier.matmul(a, b), expected, atol=1e-4)
            wide = np.full((m, n + 3), 9, np.float32)
            multiplier.matmul(a, b, wide[:, 1 : n + 1])
            assert np.allclose(wide[:, 1 : n + 1], expected, atol=1e-4)
            assert (wide[:, 0] == 9).all() and (wide[:, n + 1 :] == 9).all()
            multiplier.matmul(a, b, wide[:, 1 : n + 1], add=True)
            assert np.allclose(wide[:, 1 : n + 1], 2 * expected, atol=2e-4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.tuples(*[st.integers(0, 40)] * 3), st.integers(0, 3), st.booleans())
def test_products_of_any_size(seed, size, batch, shared):
    m, k, n = size
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((batch, m, k), np.float32)
    b = rng.standard_normal((k, n) if shared else (batch, n, k), np.float32)
    b = b if shared else b.transpose(0, 2, 1)
    for found in FOUND:
        product = found.matmul(a, b)
        assert product.dtype == np.float32 and np.allclose(product, np.matmul(a, b), atol=1e-4)


def test_whole_team(multiplier):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((301, 40), np.float32), rng.standard_normal((50, 40), np.float32)
    assert np.allclose(multiplier.product(a, b.T), a @ b.T, atol=1e-4)
    assert multiplier.product(a[:0], b.T).shape == (0, 50)


def test_refuses_what_it_cannot_multiply(multiplier):
    a, b = np.ones((2, 3), np.float32), np.ones((3, 4), np.float32)
    for left, right in (
        (a, a),
        (a, b[0]),
        (a[None], b[None, None]),
        (np.ones((2, 2, 3), "f4"), np.ones((3, 3, 4), "f4")),
    ):
        with pytest.raises(ValueError):
            multiplier.matmul(left, right)
    with pytest.raises(TypeError):
        multiplier.matmul(a.astype(np.float64), b)
    with pytest.raises(ValueError):
        multiplier.matmul(a, b, np.empty((2, 5), np.float32))
    with pytest.raises(ValueError):
        multiplier.matmul(a, b, add=True)


def test_chooses_and_describes():
    chosen = blas.choose(threads=2)
    assert blas.current() is chosen
    assert re.fullmatch(r"(OpenBLAS|NumPy|Accelerate).*, 2 threads, [\d.e+]+ GFLOP/s", chosen.describe())
    assert ", 1 thread, " in blas.choose(threads=1).describe()


def test_the_wheel_is_found_by_package_library_or_folder_above():
    package = pytest.importorskip("scipy_openblas32")
    folder = Path(package.get_lib_dir())
    library = next(p for p in folder.iterdir() if p.suffix in (".so", ".dylib", ".dll"))
    for path in (folder.parent, folder, library):
        assert next(blas._libraries(path)) == ("OpenBLAS (wheel)", str(library))


def test_broken_libraries_cost_one_line(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(blas.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(blas.ctypes.util, "find_library", lambda name: None)
    for name in ("libscipy_openblas.so", "libscipy_openblas.dll", "libscipy_openblas.dylib"):
        (tmp_path / name).write_bytes(b"not a library")
    with caplog.at_level(logging.WARNING):
        chosen = blas.choose(tmp_path, threads=1)
    assert chosen.title.startswith("NumPy")
    assert len(caplog.records) == 3 and "is not used" in caplog.text
    caplog.clear()
    assert blas.choose(tmp_path / "missing", threads=1).title.startswith("NumPy")


def test_a_library_without_the_function_is_not_used(caplog, monkeypatch):
    import _ctypes

    if not getattr(_ctypes, "__file__", None):
        pytest.skip("this Python has no extension module to stand for a wrong library")
    monkeypatch.setattr(blas, "_libraries", lambda path: iter([("OpenBLAS (system)", _ctypes.__file__)]))
    monkeypatch.setattr(blas, "PREFIXES", ("no_such_",))
    assert blas.choose(threads=1).title.startswith("NumPy")
    assert "cblas_sgemm" in caplog.text


def test_a_library_with_wrong_products_is_not_used(caplog, monkeypatch):
    def nearly(a, b, out, add):
        blas._by_matmul(a, b, out, add)
        if not a.flags.c_contiguous:
            out[-1, -1] += 1

    monkeypatch.setattr(blas, "_libraries", lambda path: iter([("OpenBLAS (wheel)", "x")]))
    monkeypatch.setattr(blas, "_load", lambda title, path, team: blas.Blas(title, team, nearly, library=object()))
    monkeypatch.setattr(blas, "_measure", lambda candidate: 1e15 if "wheel" in candidate.title else 1e9)
    assert blas.choose(threads=1).title.startswith("NumPy")
    assert "wrong" in caplog.text


def test_the_fastest_wins_and_slowness_is_told(monkeypatch):
    speeds = {"NumPy": 5e9, "NumPy (loops)": 30e9}
    monkeypatch.setattr(blas, "_numpy", lambda team: blas.Blas("NumPy", team, blas._by_matmul))
    monkeypatch.setattr(blas, "_libraries", lambda path: iter(()))
    monkeypatch.setattr(blas, "_measure", lambda candidate: speeds[candidate.title])
    chosen = blas.choose(threads=1)
    assert chosen.title == "NumPy (loops)" and chosen.slow
    assert chosen.describe() == "NumPy (loops), 1 thread, 30 GFLOP/s"
    speeds["NumPy"] = 90e9
    assert blas.choose(threads=1).title == "NumPy" and not blas.current().slow


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads where Linux lists them")
def test_the_library_starts_no_threads_of_its_own():
    pytest.importorskip("scipy_openblas32")
    script = """if True:
        import os
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # for NumPy's own copy
        import numpy
        del os.environ["OPENBLAS_NUM_THREADS"]
        from backend.runtime import blas
        from backend.runtime.threads import Threads
        title, path = next(blas._libraries(""))
        library = blas._load(title, path, Threads(1))
        library.matmul(numpy.ones((999, 999), "f"), numpy.ones((999, 999), "f"))
        print(len(os.listdir("/proc/self/task")), "OPENBLAS_NUM_THREADS" in os.environ)
    """
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1", "False"]
