"""Which moments of a clip to look at."""
