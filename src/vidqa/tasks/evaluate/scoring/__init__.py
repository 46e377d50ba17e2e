"""Scores of answers: vidqa's own, and those of official scripts with their faults."""
