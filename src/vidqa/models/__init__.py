"""Model presets, their sources, and the cache of models."""
