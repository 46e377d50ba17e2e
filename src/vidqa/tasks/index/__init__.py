"""An index of clips: what is said, read and seen in them, and where."""

USUAL_SCORE = 0.4
"""Of hits that are told, at least, where nothing else is said."""
