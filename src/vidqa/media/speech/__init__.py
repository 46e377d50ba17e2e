"""Recognise the speech in a sound."""
