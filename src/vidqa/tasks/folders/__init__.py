"""Runs over many clips: the clips, the records of what is done, and the output folders."""
