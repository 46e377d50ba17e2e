"""A model behind an address: what it is sent of a clip, and what is made of its answers."""
