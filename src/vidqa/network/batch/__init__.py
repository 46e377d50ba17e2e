"""Several prompts or answers in one forward."""
