"""Run as a script by the environment's own Python: does PyTorch load and calculate? Prints one JSON object.

About a second on a warm disk. Nothing of Maquette is imported, so that a failure is the environment's own.
"""

import json
import sys
import time
from typing import Any

SIZE = 256
TOLERANCE = 1e-2  # relative; GPUs may round products to TF32


def main() -> int:
    """Prints device, name, torch, cuda, memory, seconds and error ("" where all is well)."""
    begun = time.perf_counter()
    told: dict[str, Any] = {"device": "", "name": "", "torch": "", "cuda": "", "memory": 0, "error": ""}
    try:
        import numpy
        import PIL
        import safetensors.torch
        import torch

        told["torch"], told["numpy"], told["pillow"] = torch.__version__, numpy.__version__, PIL.__version__
        told["safetensors"] = safetensors.__version__
        told["cuda"] = torch.version.cuda or ""
        if torch.cuda.is_available():
            properties = torch.cuda.get_device_properties(0)
            told.update(device="cuda", name=properties.name, memory=properties.total_memory)
        elif torch.backends.mps.is_available():
            told.update(device="mps", name="Apple GPU")
        else:
            told.update(device="cpu", name="CPU")
        torch.manual_seed(0)
        a, b = torch.randn(SIZE, SIZE), torch.randn(SIZE, SIZE)
        expected = a.double() @ b.double()
        device = torch.device(told["device"])
        found = (a.to(device) @ b.to(device)).cpu().double()
        worst = float((found - expected).abs().max() / expected.abs().max())
        if not worst < TOLERANCE:
            told["error"] = f"a product of matrices is wrong by {worst:.2g}"
    except Exception as error:
        told["error"] = f"{type(error).__name__}: {error}"
    told["seconds"] = round(time.perf_counter() - begun, 2)
    print(json.dumps(told))
    return 1 if told["error"] else 0


if __name__ == "__main__":
    sys.exit(main())
