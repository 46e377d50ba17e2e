"""Benchmarks: their official files as questions, with the clips that they are about."""
