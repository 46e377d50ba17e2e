"""How frames and words stand in a prompt."""
