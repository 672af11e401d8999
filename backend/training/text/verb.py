"""``python -m backend.training text VERB``."""
from __future__ import annotations
import argparse
from pathlib import Path
import torch
from ..loop import Plan
from .config import Config, tiny
from .grids import Supply
from .reconstruction import train_autoencoder


def main(arguments: list[str]) -> int:
    p = argparse.ArgumentParser()
    p.add_argument("verb"); p.add_argument("--out", type=Path, required=True); p.add_argument("--minutes", type=float, default=30)
    p.add_argument("--piece", type=float, default=1e9); p.add_argument("--device", default="cpu"); p.add_argument("--batch", type=int, default=8)
    p.add_argument("--workers", type=int, default=0); p.add_argument("--lr", type=float, default=2e-3)
    a = p.parse_args(arguments)
    torch.set_num_threads(1)
    config = Config()
    supply = Supply(a.batch, a.workers)
    train_autoencoder(config.autoencoder, Plan(minutes=a.minutes, lr=a.lr, warmup=50, ema=0.997, hold=0.4), supply, a.out / "autoencoder", a.device, a.piece)
    supply.close()
    return 0
