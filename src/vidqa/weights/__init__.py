"""Fetch, verify and find the files of models."""
