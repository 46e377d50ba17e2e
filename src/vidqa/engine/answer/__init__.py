"""One answer: generation, ranking, grounding and language."""
