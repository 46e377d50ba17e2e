"""What a model would see of a clip, as pictures."""
