"""The precision with which frame times are compared."""

CLOCK_DIGITS = 6
"""Decimal digits of compared times (s): a moment computed to be a frame's own time equals it."""
