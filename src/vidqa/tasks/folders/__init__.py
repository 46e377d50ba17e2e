"""Runs over many clips: what is to be done, what was done, and where it is kept."""
