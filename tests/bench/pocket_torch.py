"""Pocket's forward pass in torch, as a peer to time (and check) ours against; float32, batch of one."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812


def tensors(weights):
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in weights.items()}


def cells(x, y, z):
    axes = [(torch.arange(n) + 0.5) / n * 2 * e - e for n, e in ((x, 1.0), (y, 1.0), (z, 1.5))]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def lift(grid, points, k):
    seen = torch.stack([points[:, 0], -points[:, 1]], -1) / (1 - k * points[:, 2:]).clamp(min=0.2)
    return F.grid_sample(grid, seen[None, None], align_corners=False, padding_mode="border")[0, :, 0]


def finer(x, factor, axes):
    """Channels → finer cells, channel slowest."""
    c, size = x.shape[1] // factor**axes, x.shape[2:]
    x = x.reshape(c, *(factor,) * axes, *size)
    order = [0] + [a for i in range(axes) for a in (1 + axes + i, 1 + i)]
    return x.permute(order).reshape(1, c, *(n * factor for n in size))


def encode(w, picture):
    """picture (1,4,256,256) in [−1, 1] → volume (1,16,64,64,96), image (1,16,128,128), k."""

    def conv(name, x, stride=1):
        weight = w[name + ".weight"]
        convolve = F.conv3d if weight.dim() == 5 else F.conv2d
        return convolve(x, weight, w[name + ".bias"], stride, weight.shape[-1] // 2)

    def linear(name, x):
        return F.linear(x, w[name + ".weight"], w[name + ".bias"])

    def norm(name, x, bias=True):
        return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"] if bias else None)

    a1 = F.gelu(conv("c1", picture, 2))
    a2 = F.gelu(conv("c2", a1, 2))
    a2 = a2 + conv("r2.2", F.gelu(conv("r2.0", a2)))
    a3 = F.gelu(conv("c3", a2, 2))
    a3 = a3 + conv("r3.2", F.gelu(conv("r3.0", a3)))
    a4 = conv("c4", a3, 2)
    image_tokens = a4.flatten(2).transpose(1, 2) + w["ipos"]
    volume_tokens = linear("vin", lift(a4, cells(8, 8, 12), 0.3).T)[None] + w["vpos"]
    x = torch.cat([w["cam"], image_tokens, volume_tokens], 1)
    for i in range(10):
        b = f"blocks.{i}."
        q, k, v = linear(b + "qkv", norm(b + "n1", x)).view(1, -1, 3, 6, 64).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(norm(b + "qn", q, False), norm(b + "kn", k, False), v)
        x = x + linear(b + "o", y.transpose(1, 2).reshape(x.shape))
        x = x + linear(b + "f2", F.gelu(linear(b + "f1", norm(b + "n2", x))))
    x = norm("norm", x)
    k = linear("camhead", x[:, 0])[0, 1].clamp(0.05, 0.6)
    up = finer(linear("iup", x[:, 1:257]).transpose(1, 2).reshape(1, -1, 16, 16), 4, 2)
    f64 = conv("i64.2", F.gelu(conv("i64.0", torch.cat([up, a2], 1))))
    doubled = F.interpolate(f64, scale_factor=2, mode="bilinear", align_corners=False)
    f128 = conv("i128.2", F.gelu(conv("i128.0", torch.cat([doubled, a1], 1))))
    v = finer(linear("vup", x[:, 257:]).transpose(1, 2).reshape(1, -1, 8, 8, 12), 2, 3)
    lifted = lift(f64, cells(16, 16, 24), k).reshape(1, -1, 16, 16, 24)
    v = finer(conv("v16.2", F.gelu(conv("v16.0", torch.cat([v, lifted], 1)))), 2, 3)
    v = finer(conv("v32.2", F.gelu(conv("v32.0", v))), 2, 3)
    return conv("v64", v), f128, k


def query(w, volume, image, k, picture, points):
    """points (N,3) → signed distance in frame units (N,), colour (N,3)."""
    at = (points / torch.tensor([1, 1, 1.5]))[:, [2, 1, 0]]
    inside = F.grid_sample(volume, at[None, None, None], align_corners=False, padding_mode="border")[0, :, 0, 0]
    x = torch.cat([inside, lift(image, points, k), lift(picture, points, k), points.T]).T
    for layer in ("mlp.0", "mlp.2"):
        x = F.silu(F.linear(x, w[layer + ".weight"], w[layer + ".bias"]))
    x = F.linear(x, w["mlp.4.weight"], w["mlp.4.bias"])
    return x[:, 0] * 0.1, torch.sigmoid(x[:, 1:])


def wide_block(w, x, context, heads=16):
    """A block of the size of TripoSR's (Tochilkin et al. 2024): self-attention, cross-attention, GEGLU."""

    def attend(x, kv, name):
        q, k, v = (F.linear(source, w[name + part]) for source, part in ((x, "q"), (kv, "k"), (kv, "v")))
        q, k, v = (y.view(1, -1, heads, y.shape[-1] // heads).transpose(1, 2) for y in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(1, -1, x.shape[-1])
        return F.linear(y, w[name + "o"])

    y = F.layer_norm(x, x.shape[-1:])
    x = x + attend(y, y, "self.")
    x = x + attend(F.layer_norm(x, x.shape[-1:]), context, "cross.")
    value, gate = F.linear(F.layer_norm(x, x.shape[-1:]), w["up"]).chunk(2, -1)
    return x + F.linear(value * F.gelu(gate), w["down"])
