"""Vision towers that are not in transformers."""
