"""Training: projector and LoRA learn from questions and answers about clips."""
