"""The commands about many clips at once: what an index knows of them."""
