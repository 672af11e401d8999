"""Pocket's layers written as their definitions say, slowly and in float64; the fast ones are compared with these."""

import itertools
import math

import numpy as np


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def layer_norm(x, weight, bias, epsilon=1e-5):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon) * weight + bias


def convolution(x, weight, bias, stride=1):
    """x (*S, K), weight (M, K, *kernel): every tap shifts the zero-padded input and multiplies."""
    x, weight = x.astype(np.float64), weight.astype(np.float64)
    size, kernel = x.shape[:-1], weight.shape[2:]
    padded = np.pad(x, [(k // 2, k // 2) for k in kernel] + [(0, 0)])
    total = np.zeros((*size, len(weight)))
    for tap in itertools.product(*map(range, kernel)):
        shifted = padded[tuple(slice(t, t + n) for t, n in zip(tap, size, strict=True))]
        total += shifted @ weight[(slice(None), slice(None), *tap)].T
    return (total + bias)[(slice(None, None, stride),) * len(size)]


def shuffle3(x):
    """(X,Y,Z,8C) → (2X,2Y,2Z,C), one fine cell after the other."""
    X, Y, Z, c = x.shape
    fine = np.empty((2 * X, 2 * Y, 2 * Z, c // 8), x.dtype)
    for i, j, k in itertools.product(range(2), repeat=3):
        fine[i::2, j::2, k::2] = x[..., 4 * i + 2 * j + k :: 8]
    return fine


def sample(grid, points):
    """Multilinear, samples at cell centres, borders repeated: one point and one corner at a time."""
    size = grid.shape[:-1]
    result = np.zeros((len(points), grid.shape[-1]))
    for row, point in enumerate(points.astype(np.float64)):
        at = [((p + 1) * n - 1) / 2 for p, n in zip(point, size, strict=True)]
        for corner in itertools.product((0, 1), repeat=len(size)):
            index, weight = [], 1.0
            for a, n, o in zip(at, size, corner, strict=True):
                low = math.floor(a)
                index.append(min(max(low + o, 0), n - 1))
                weight *= a - low if o else 1 - (a - low)
            result[row] += weight * grid[tuple(index)]
    return result


def block(x, w, heads):
    """One transformer block with the usual softmax."""
    x = x.astype(np.float64)
    n, d = x.shape
    qkv = layer_norm(x, w["n1.weight"], w["n1.bias"]) @ w["qkv.weight"].T + w["qkv.bias"]
    q, k, v = qkv.reshape(n, 3, heads, d // heads).transpose(1, 2, 0, 3)
    q, k = layer_norm(q, w["qn.weight"], 0), layer_norm(k, w["kn.weight"], 0)
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(d // heads)
    attention = np.exp(scores - scores.max(-1, keepdims=True))
    attention /= attention.sum(-1, keepdims=True)
    x = x + (attention @ v).transpose(1, 0, 2).reshape(n, d) @ w["o.weight"].T + w["o.bias"]
    hidden = gelu(layer_norm(x, w["n2.weight"], w["n2.bias"]) @ w["f1.weight"].T + w["f1.bias"])
    return x + hidden @ w["f2.weight"].T + w["f2.bias"]
