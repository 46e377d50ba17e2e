"""Evaluation: ask questions whose answers are known, and count the right answers."""
