"""An index of clips: what is said, read and seen in them, and where."""
