"""Summaries and chapters of clips of any length."""
