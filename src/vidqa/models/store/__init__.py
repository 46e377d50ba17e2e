"""Verified folders on disk."""
