"""From what people wrote down to what is learned from."""
