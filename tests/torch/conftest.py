"""These tests run in the GPU runtime's own environment (``environments.gpu_environment``), and nowhere else."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("torch") is None:  # tests/conftest.py sees to it that this folder is not taken for it
    collect_ignore_glob = ["*"]
else:
    import torch

    torch.set_num_threads(1)  # CI's two processors run other tests at the same time
