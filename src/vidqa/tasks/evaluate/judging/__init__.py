"""Judges: models that say whether an answer means what it should, and how two of them agree."""
