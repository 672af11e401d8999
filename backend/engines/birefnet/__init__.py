"""BiRefNet: finds the foreground of any picture, as a soft matte (Zheng et al. 2024)."""
