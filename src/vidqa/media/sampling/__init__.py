"""Choose the moments of a clip to sample."""
