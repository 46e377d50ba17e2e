"""Decoding in processes whose end is no more than an error."""
