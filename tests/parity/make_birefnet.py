"""Makes fixtures/birefnet.npz with the authors' own program. Not a test; its result is committed.

    git clone https://github.com/ZhengPeng7/BiRefNet && cd BiRefNet
    git checkout 25cb9309bacf3dde954e4584594e16e142c51de5
    pip install torch torchvision timm kornia einops huggingface_hub opencv-python-headless scipy
    python …/tests/parity/make_birefnet.py . birefnet.npz

The authors' program reads its configuration from a class, which is given a small backbone here for the tiny network.
Weights and inputs are made by tests/torch/engines/birefnet_weights.py, as the tests make them.
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve()
BACKBONE = {"embed_dim": 16, "depths": [2, 2, 4, 2], "num_heads": [2, 4, 8, 16], "window_size": 4}


def main(source, target):
    sys.path[:0] = [source, str(HERE.parents[1]), str(HERE.parents[1] / "torch" / "engines")]
    import conftest  # noqa: F401  makes the checkout importable as maquette
    import torch

    torch.set_num_threads(1)
    arrays = {}
    with torch.no_grad():
        deformable(arrays)
        tiny(arrays)
        full(arrays)
    np.savez_compressed(target, **arrays)


def deformable(arrays):
    import torch
    from birefnet_weights import normal
    from torchvision.ops import deform_conv2d

    for kernel in (1, 3, 7):
        name, taps = f"deform{kernel}", kernel**2
        x, weight = normal(f"{name}.x", (2, 5, 9, 11)), normal(f"{name}.w", (4, 5, kernel, kernel))
        offset = 3 * normal(f"{name}.offset", (2, 2 * taps, 9, 11))
        offset[0, :, 0, 0], offset[0, :, 1, 1] = 0, 1
        offset[1, :, 2, 2], offset[1, :, 3, 3], offset[1, 0, 4, 4] = -50, 1e6, -1e6
        factor = 2 * torch.sigmoid(torch.from_numpy(normal(f"{name}.mask", (2, taps, 9, 11))))
        x, offset, weight = (torch.from_numpy(a) for a in (x, offset, weight / np.float32(2 * kernel)))
        arrays[name] = deform_conv2d(x, offset, weight, padding=kernel // 2, mask=factor).numpy()


def tiny(arrays):
    from birefnet_weights import picture

    network, shown = theirs(small=True), picture("tiny", 64, 96)
    features, _ = network.forward_enc(shown)
    arrays["tiny_feature1"], arrays["tiny_feature4"] = features[0][:, ::4].numpy(), features[3][:, ::7].numpy()
    arrays["tiny_squeezed"] = network.squeeze_module(features[3])[:, ::3].numpy()
    arrays["tiny_logits"] = network(shown)[-1].numpy()
    arrays["tiny_logits_f64"] = network.double()(shown.double())[-1].numpy()


def full(arrays):
    from birefnet_weights import picture

    network, shown = theirs(small=False), picture("full", 160, 192)
    arrays["full_logits"] = network(shown)[-1].numpy()
    arrays["full_feature4"] = network.forward_enc(shown)[0][3][:, ::97].numpy()


def theirs(small):
    """The authors' network, filled as the tests fill ours."""
    import config

    for name in [name for name in sys.modules if name == "models" or name.startswith("models.")]:
        del sys.modules[name]  # they bind the configuration when they are imported
    original = getattr(config.Config, "original", config.Config)

    class Small(original):
        def __init__(self):
            super().__init__()
            width = 2 * BACKBONE["embed_dim"]
            self.lateral_channels_in_collection = [8 * width, 4 * width, 2 * width, width]
            self.cxt = self.lateral_channels_in_collection[1:][::-1]

    Small.original = original
    config.Config = Small if small else original
    import models.backbones.build_backbone as backbones
    import models.birefnet as program
    from birefnet_weights import made_up
    from models.backbones.swin_v1 import SwinTransformer

    if small:
        backbones.swin_v1_l = lambda: SwinTransformer(**BACKBONE)
    network = program.BiRefNet(bb_pretrained=False).eval()
    network.load_state_dict({key: made_up(key, like) for key, like in network.state_dict().items()})
    return network


if __name__ == "__main__":
    main(*sys.argv[1:])
