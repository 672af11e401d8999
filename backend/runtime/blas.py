"""Matrix products, by the fastest library at hand.

Blender's NumPy is often built without a fast BLAS and then multiplies twenty times slower than the machine
can. So at the start we look for others (the OpenBLAS that the extension carries as a wheel, Accelerate on
macOS, the system's OpenBLAS), check each against NumPy, time a small product and keep the fastest. A library
that is missing, broken or wrong costs one line in the log and nothing else.

The C interface is CBLAS ``sgemm`` with 32-bit integers (Lawson et al. 1979; netlib.org/blas/#_cblas).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .threads import Threads, thread_cap

log = logging.getLogger(__name__)

SLOW = 40e9  # FLOP/s below which Pocket looks at a picture for more than two seconds
ROW_MAJOR, AS_IS, TRANSPOSED = 101, 111, 112
INT = ctypes.c_int32
POINTER = ctypes.c_void_p
PREFIXES = ("scipy_", "")  # the wheel renames OpenBLAS's symbols so that they never meet another copy's


Multiply = Callable[[np.ndarray, np.ndarray, np.ndarray, bool], None]  # a, b, out, whether to add to out


@dataclass
class Blas:
    """One way to multiply.

    The library itself is held to one thread; ``team`` spreads rows instead. So whole layers stay in a core's
    cache, any library profits (NumPy's plain loops too), and two kinds of threads never fight for the cores.
    """

    title: str
    team: Threads
    multiply: Multiply
    speed: float = 0.0  # FLOP/s of ``product`` by the whole team
    library: object = field(default=None, repr=False)  # keeps the shared library loaded

    @property
    def slow(self) -> bool:
        """Whether no BLAS was found and a job should say so. (A BLAS on a busy machine is not at fault.)"""
        return self.library is None and self.speed < SLOW

    def describe(self) -> str:
        """For people: "OpenBLAS (wheel), 2 threads, 201 GFLOP/s"."""
        threads = f"{self.team.count} thread{'s' if self.team.count != 1 else ''}"
        return f"{self.title}, {threads}, {self.speed / 1e9:.3g} GFLOP/s"

    def product(self, a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """``matmul`` of two matrices by the whole team."""
        if out is None:
            out = np.empty((a.shape[0], b.shape[-1]), np.float32)

        def work(rows: slice) -> None:
            self.matmul(a[rows], b, out[rows])

        self.team.map(work, a.shape[0], max(32, -(-a.shape[0] // self.team.count)))
        return out

    def matmul(self, a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None, add: bool = False) -> np.ndarray:
        """``a @ b`` of float32: (M,K)·(K,N), (B,M,K)·(B,K,N) or (B,M,K)·(K,N) → (…,M,N) float32.

        Transposed and strided views (``x.T``, ``x[:, 3:9]``) are read in place. ``out``, if given, must be
        float32 with contiguous rows; with ``add`` the product is added to what it holds. ``out`` must not
        share memory with ``a`` or ``b``.
        """
        shape = (*a.shape[:-1], b.shape[-1])
        if a.ndim not in (2, 3) or b.ndim not in (2, a.ndim) or a.shape[-1] != b.shape[-2]:
            raise ValueError(f"shapes {a.shape} and {b.shape} do not multiply")
        if a.ndim == b.ndim == 3 and a.shape[0] != b.shape[0]:
            raise ValueError(f"shapes {a.shape} and {b.shape} do not multiply")
        if a.dtype != np.float32 or b.dtype != np.float32:
            raise TypeError("only float32 is multiplied here")
        if out is None:
            if add:
                raise ValueError("there is nothing to add to")
            out = np.empty(shape, np.float32)
        elif out.shape != shape or out.dtype != np.float32:
            raise ValueError(f"out must be float32 {shape}")
        if a.ndim == 2:
            self.multiply(a, b, out, add)
        else:
            for i in range(len(a)):
                self.multiply(a[i], b[i] if b.ndim == 3 else b, out[i], add)
        return out


_chosen: Blas | None = None


def choose(blas_path: str | os.PathLike[str] = "", threads: int = 0) -> Blas:
    """Finds, checks and times what can multiply, and keeps the fastest for ``current``.

    ``blas_path`` is the OpenBLAS library, or a folder somewhere above it; ``threads`` is the cap (0 leaves
    one processor to Blender). Takes about 20 ms for each candidate; never raises for what it finds.
    """
    global _chosen
    team = Threads(threads or thread_cap())
    candidates = [_numpy(team), Blas("NumPy (loops)", team, _by_einsum)]
    for title, path in _libraries(blas_path):
        if any(title == found.title for found in candidates):
            continue
        try:
            candidate = _load(title, path, team)
            _verify(candidate)
            candidates.append(candidate)
        except (OSError, AttributeError, ArithmeticError) as error:
            log.warning("%s at %s is not used: %s", title, path, error)
    for candidate in candidates:
        candidate.speed = _measure(candidate)
    _chosen = max(candidates, key=lambda found: found.speed)
    log.info("matrix products by %s (found: %s)", _chosen.describe(), "; ".join(c.describe() for c in candidates))
    return _chosen


def current() -> Blas:
    """What ``choose`` kept; chooses with its defaults on the first call."""
    return _chosen or choose()


def _by_matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray, add: bool) -> None:
    if add:
        out += np.matmul(a, b)
    else:
        np.matmul(a, b, out=out)


def _by_einsum(a: np.ndarray, b: np.ndarray, out: np.ndarray, add: bool) -> None:
    """NumPy's own vectorised loops: where ``matmul`` has only the reference BLAS behind it, four times its speed."""
    if add:
        out += np.einsum("ik,kj->ij", a, b)
    else:
        np.einsum("ik,kj->ij", a, b, out=out)


def _by_sgemm(sgemm: Callable) -> Multiply:
    def multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray, add: bool) -> None:
        m, k, n = *a.shape, b.shape[1]
        if not (m and n):
            return
        if not k:
            if not add:
                out[...] = 0
            return
        a_flag, a_lead, a = _operand(a)
        b_flag, b_lead, b = _operand(b)
        c_flag, c_lead, c = _operand(out)
        if c_flag != AS_IS or c is not out:
            raise ValueError("the rows of out must be contiguous")
        sgemm(
            ROW_MAJOR, a_flag, b_flag, m, n, k, 1.0, a.ctypes.data, a_lead, b.ctypes.data, b_lead,
            1.0 if add else 0.0, c.ctypes.data, c_lead,
        )  # fmt: skip

    return multiply


def _operand(x: np.ndarray) -> tuple[int, int, np.ndarray]:
    """A matrix → (flag, leading dimension, the array to point at); copies only what BLAS cannot stride over."""
    rows, columns = x.shape
    down, right = x.strides[0] // 4, x.strides[1] // 4
    whole = x.strides[0] % 4 == 0 and x.strides[1] % 4 == 0 and x.flags.aligned
    if whole and (right == 1 or columns == 1) and (down >= columns or rows == 1):
        return AS_IS, max(down, columns), x
    if whole and (down == 1 or rows == 1) and (right >= rows or columns == 1):
        return TRANSPOSED, max(right, rows), x
    return AS_IS, columns, np.ascontiguousarray(x)


def _numpy(team: Threads) -> Blas:
    """NumPy's own product; if a BLAS with threads is behind it, it is told to use one."""
    core = sys.modules.get("numpy._core._multiarray_umath") or sys.modules.get("numpy.core._multiarray_umath")
    paths = [getattr(core, "__file__", None)]  # a look-up in a library searches what it is linked to, too
    paths += sorted((Path(np.__file__).parent.parent / "numpy.libs").glob("*openblas*"))  # but not on Windows
    for path in filter(None, paths):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        if _hold_to_one_thread(library):
            return Blas("NumPy (OpenBLAS)", team, _by_matmul, library=library)
    return Blas("NumPy", team, _by_matmul)


def _hold_to_one_thread(library: ctypes.CDLL) -> bool:
    for prefix in PREFIXES:
        for suffix in ("64_", ""):
            setter = getattr(library, f"{prefix}openblas_set_num_threads{suffix}", None)
            if setter:
                setter.argtypes, setter.restype = [ctypes.c_int], None
                setter(1)
                return True
    return False


def _libraries(blas_path: str | os.PathLike[str]) -> Iterator[tuple[str, str]]:
    """Candidates as (title, path), the likeliest first."""
    roots = [Path(blas_path)] if blas_path else []
    try:
        spec = importlib.util.find_spec("scipy_openblas32")
    except (ImportError, ValueError):  # a half-imported module of that name
        spec = None
    if spec and spec.submodule_search_locations:
        roots += [Path(place) for place in spec.submodule_search_locations]
    for root in roots:
        if root.is_file():
            yield "OpenBLAS (wheel)", str(root)
            continue
        for path in sorted(root.glob("**/*scipy_openblas*")):
            if path.suffix in (".so", ".dylib", ".dll"):
                yield "OpenBLAS (wheel)", str(path)
    if sys.platform == "darwin":
        yield "Accelerate", "/System/Library/Frameworks/Accelerate.framework/Accelerate"
    system = ctypes.util.find_library("openblas")
    if system:
        yield "OpenBLAS (system)", system


def _open(path: str) -> ctypes.CDLL:
    """Loads a library; unless told otherwise OpenBLAS would start a thread for every processor at that moment."""
    name = "OPENBLAS_NUM_THREADS"
    if name in os.environ:
        return ctypes.CDLL(path)
    os.environ[name] = "1"
    try:
        return ctypes.CDLL(path)
    finally:
        del os.environ[name]


def _load(title: str, path: str, team: Threads) -> Blas:
    library = _open(path)
    for prefix in PREFIXES:
        sgemm = getattr(library, f"{prefix}cblas_sgemm", None)
        if sgemm:
            break
    else:
        raise AttributeError("it has no cblas_sgemm")
    sgemm.restype = None
    sgemm.argtypes = [
        INT, INT, INT, INT, INT, INT, ctypes.c_float, POINTER, INT, POINTER, INT, ctypes.c_float, POINTER, INT,
    ]  # fmt: skip
    _hold_to_one_thread(library)
    return Blas(title, team, _by_sgemm(sgemm), library=library)


def _verify(candidate: Blas) -> None:
    """Compares every way of striding with NumPy; raises ArithmeticError at the first difference."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((37, 53), np.float32)
    b = rng.standard_normal((53, 41), np.float32)
    expected = np.matmul(a.astype(np.float64), b.astype(np.float64))
    for left in (a, np.asfortranarray(a)):
        for right in (b, np.asfortranarray(b)):
            out = np.ones(expected.shape, np.float32)
            candidate.matmul(left, right, out, add=True)
            if not np.allclose(out - 1, expected, atol=1e-3):
                raise ArithmeticError("its products are wrong")


def _measure(candidate: Blas) -> float:
    """FLOP/s of the whole team, at the fastest of several products: on a busy machine most are interrupted."""
    rng = np.random.default_rng(1)
    a = rng.standard_normal((192 * candidate.team.count, 384), np.float32)  # the same work for every thread
    b = rng.standard_normal((384, 384), np.float32)
    out = np.empty_like(a)
    times: list[float] = []
    while len(times) < 3 or sum(times) < 0.02:
        start = time.perf_counter()
        candidate.product(a, b, out)
        times.append(time.perf_counter() - start)
    return 2 * a.size * b.shape[1] / min(times)
