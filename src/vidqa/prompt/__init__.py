"""Prompts: the frames and words that a model is shown, and the text around them."""
