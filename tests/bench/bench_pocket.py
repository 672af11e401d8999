"""Pocket's stages and a TripoSR-size transformer, in NumPy with our products and, where torch is installed, in torch.

Both sides use as many threads as there are processors, and their results are compared before they are timed.
"""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from maquette.backend.engines.pocket.network import PocketNetwork, network_input, weight_shapes
from maquette.backend.network.layers import Linear, Run, gelu, normalise
from maquette.backend.runtime import blas
from maquette.backend.runtime.threads import thread_cap
from maquette.backend.runtime.weights import load_weights

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "backend" / "weights" / "pocket_int8.safetensors"
FIXTURE = ROOT / "tests" / "parity" / "fixtures" / "pocket" / "parity_bulky.npz"
QUERIES = 166_000
WIDTH, TOKENS, CONTEXT, HEADS, BLOCKS = 1024, 3072, (1025, 768), 16, 16  # TripoSR's transformer
TIMED = 2  # of its 16 equal blocks

ALONE = """
import sys
import numpy as np
from backend.engines.pocket.network import PocketNetwork
from backend.runtime.memory import peak_memory
network = PocketNetwork.load(sys.argv[1])
encoding = network.encode(np.ones((256, 256, 4), np.float32))
network.query(encoding, np.zeros((166_000, 3), np.float32))
print(peak_memory())
"""

try:
    import pocket_torch  # beside this file
    import torch
except ImportError:
    torch = None


def rows():
    """One dict a stage: stage, ours_seconds, peer, peer_seconds, note."""
    threads = thread_cap(interactive=False)
    compute = blas.choose(threads=threads)
    if torch:
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
    return [*_network(compute), *_wide(compute)]


def fastest(work, times=3):
    """Seconds of the fastest of some calls: what the machine can do when nothing else wants it."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def row(stage, ours, peer=None, note=""):
    name = "" if peer is None else f"torch {torch.__version__}"
    return {
        "stage": stage,
        "ours_seconds": ours,
        "peer": name,
        "peer_seconds": "" if peer is None else peer,
        "note": note,
    }


def _network(compute):
    start = time.perf_counter()
    network = PocketNetwork.load(WEIGHTS)
    loading = time.perf_counter() - start
    rgba = np.load(FIXTURE)["rgba"].astype(np.float32) / 255
    points = np.random.default_rng(0).uniform(-1, 1, (QUERIES, 3)).astype(np.float32)
    encoding = network.encode(rgba)
    ours = fastest(lambda: network.encode(rgba)), fastest(lambda: network.query(encoding, points))
    peers = None, None
    if torch:
        w = pocket_torch.tensors(load_weights(WEIGHTS, weight_shapes()))
        picture = torch.from_numpy(network_input(rgba)).permute(2, 0, 1)[None].contiguous()
        volume, image, k = pocket_torch.encode(w, picture)
        at = torch.from_numpy(points)
        sdf, _ = pocket_torch.query(w, volume, image, k, picture, at)
        assert np.abs(sdf.numpy() - network.sdf_only(encoding, points)).max() < 2e-4
        peers = (
            fastest(lambda: pocket_torch.encode(w, picture)),
            fastest(lambda: pocket_torch.query(w, volume, image, k, picture, at)),
        )
    yield row("pocket: load", loading, note=f"{WEIGHTS.stat().st_size / 1e6:.1f} MB, int8 → float32")
    yield row("pocket: encode", ours[0], peers[0], compute.describe())
    yield row(
        "pocket: 166,000 queries",
        ours[1],
        peers[1],
        f"peak memory of a process that does just this: {_peak() >> 20:,} MiB",
    )
    yield from _without_blas(network, rgba, compute)


def _peak():
    """Bytes that a process needs to load, encode and query; ours holds torch besides."""
    told = subprocess.run([sys.executable, "-c", ALONE, str(WEIGHTS)], cwd=ROOT, capture_output=True, check=True)
    return int(told.stdout)


def _without_blas(network, rgba, compute):
    plain = blas.Blas("NumPy (loops)", compute.team, blas._by_einsum)
    plain.speed = blas._measure(plain)
    blas._chosen = plain
    try:
        yield row("pocket: encode without a BLAS", fastest(lambda: network.encode(rgba), 1), note=plain.describe())
    finally:
        blas._chosen = compute


def _wide(compute):
    rng = np.random.default_rng(0)
    wide = CONTEXT[1]
    shapes = {f"{kind}.{part}": (WIDTH, WIDTH) for kind in ("self", "cross") for part in "qkvo"}
    shapes |= {"cross.k": (WIDTH, wide), "cross.v": (WIDTH, wide), "up": (8 * WIDTH, WIDTH), "down": (WIDTH, 4 * WIDTH)}
    w = {name: rng.standard_normal(shape, np.float32) * shape[1] ** -0.5 for name, shape in shapes.items()}
    x, context = rng.standard_normal((TOKENS, WIDTH), np.float32), rng.standard_normal(CONTEXT, np.float32)
    layers = {name: Linear(value, np.zeros(len(value), np.float32)) for name, value in w.items()}
    run = Run(compute, lambda fraction: None)

    def ours():
        y = x.copy()
        for _ in range(TIMED):
            wide_block(run, layers, y, context)
        return y

    factor, peer = BLOCKS / TIMED, None
    if torch:
        tw, tx, tc = pocket_torch.tensors(w), torch.from_numpy(x)[None], torch.from_numpy(context)[None]

        def theirs():
            y = tx
            for _ in range(TIMED):
                y = pocket_torch.wide_block(tw, y, tc)
            return y

        assert np.abs(theirs()[0].numpy() - ours()).max() < 1e-2
        peer = fastest(theirs, 2) * factor
    yield row(
        "TripoSR-size transformer", fastest(ours, 2) * factor, peer, f"{TIMED} of {BLOCKS} blocks timed, × {factor:g}"
    )


def wide_block(run, layers, x, context):
    """x (3072,1024) ← self-attention, cross-attention to ``context``, GEGLU; rows in chunks over the threads."""
    for kind in ("self", "cross"):
        y = normalise(x)
        source = y if kind == "self" else context
        q, k, v = (
            _rows(run, layers[f"{kind}.{part}"], part_of)
            for part, part_of in zip("qkv", (y, source, source), strict=True)
        )
        x += _rows(run, layers[f"{kind}.o"], _attend(run, q, k, v))

    def feed(rows):
        value, gate = np.split(layers["up"](run, normalise(x[rows])), 2, -1)
        gate = np.ascontiguousarray(gate)
        gelu(gate)
        gate *= value
        x[rows] += layers["down"](run, gate)

    run.rows(feed, len(x))


def _rows(run, layer, x):
    pieces = {}

    def work(rows):
        pieces[rows.start] = layer(run, x[rows])

    run.rows(work, len(x))
    return np.concatenate([pieces[start] for start in sorted(pieces)])


def _attend(run, q, k, v):
    out, size = np.empty_like(q), q.shape[1] // HEADS

    def work(item):
        head, at = item
        rows, columns = slice(at, at + 256), slice(head * size, (head + 1) * size)
        scores = run.compute.matmul(q[rows, columns], k[:, columns].T)
        scores *= np.float32(size**-0.5)
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        total = scores.sum(-1, keepdims=True)
        np.divide(run.compute.matmul(scores, v[:, columns]), total, out=out[rows, columns])

    run.items(work, [(head, at) for head in range(HEADS) for at in range(0, len(q), 256)])
    return out


if __name__ == "__main__":
    for line in rows():
        print(line)
