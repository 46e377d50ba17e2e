"""Tokens that vidqa's own models have beside their decoder's."""

IMAGE_TOKEN = "<image>"
"""The placeholder of one whole image in a prompt, and of one visual token in the ids."""
