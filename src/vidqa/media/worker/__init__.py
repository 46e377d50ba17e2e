"""Decode in worker processes, whose crash is only an error."""
