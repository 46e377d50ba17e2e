"""Previews: the frames and words that a model would see of a clip, as pictures."""
