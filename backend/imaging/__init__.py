"""From a picture's pixels to the square, cut-out frame that image engines look at."""
