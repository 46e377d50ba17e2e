"""Prepare a clip for the model: read and encode its frames, find its words."""
