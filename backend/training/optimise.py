"""The optimiser of our networks: Muon for matrices, AdamW for the rest, as one object with one state.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) replaces a matrix's momentum by the nearest
matrix with all singular values alike, found by five Newton–Schulz steps; its step is scaled as Liu et al. 2025 ("Muon
is scalable for LLM training", §2.2) do, so that both halves share one learning rate and weight decay (AdamW:
Loshchilov & Hutter 2019). On few thousand steps, which is what a processor can do, it needs about half of AdamW's.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

SCHULZ = (3.4445, -4.7750, 2.0315)  # the quintic's coefficients of the same post: fast rather than exact


class Muon(torch.optim.Optimizer):
    """``groups``: dictionaries with ``params`` and ``orthogonal`` (True: Muon, two or more axes; False: AdamW)."""

    def __init__(
        self,
        groups: Iterable[dict],
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.98),
    ):
        defaults = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "betas": betas, "orthogonal": False}
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            update = self._muon if group["orthogonal"] else self._adam
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    update(parameter, parameter.grad, self.state[parameter], group)

    @staticmethod
    def _muon(parameter: Tensor, gradient: Tensor, state: dict, group: dict) -> None:
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        mean = state["momentum"].lerp_(gradient, 1 - group["momentum"])
        ahead = gradient.lerp(mean, group["momentum"]).flatten(1)  # Nesterov's look ahead
        step = orthogonalised(ahead)
        parameter.add_(step.view_as(parameter), alpha=-0.2 * max(step.shape) ** 0.5 * group["lr"])

    @staticmethod
    def _adam(parameter: Tensor, gradient: Tensor, state: dict, group: dict) -> None:
        if not state:
            state["step"] = torch.zeros(())
            state["mean"], state["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        a, b = group["betas"]
        n = float(state["step"])
        state["mean"].lerp_(gradient, 1 - a)
        state["square"].mul_(b).addcmul_(gradient, gradient, value=1 - b)
        spread = (state["square"] / (1 - b**n)).sqrt_().add_(1e-8)
        parameter.addcdiv_(state["mean"], spread, value=-group["lr"] / (1 - a**n))


def orthogonalised(matrix: Tensor, steps: int = 5) -> Tensor:
    """(M,N) → about U·Vᵀ of its singular value decomposition, singular values between 0.7 and 1.2; in bfloat16."""
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (x.norm() + 1e-7)
    a, b, c = SCHULZ
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x).to(matrix.dtype)


def muon(model: nn.Module, lr: float, weight_decay: float, plain: tuple[str, ...] = ()) -> Muon:
    """One optimiser for ``model``: matrices and kernels by Muon, vectors and tables by AdamW without decay.

    ``plain`` names the parameters (by the end of their names) that are tables or outputs although they have two axes:
    embeddings, positions, the first and the last layer, for which Muon's argument does not hold.
    """
    matrices: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            (matrices if parameter.ndim > 1 and not name.endswith(plain or ("\0",)) else rest).append(parameter)
    return Muon(
        [
            {"params": matrices, "orthogonal": True, "weight_decay": weight_decay},
            {"params": rest, "orthogonal": False, "weight_decay": 0.0},
        ],
        lr=lr,
    )
