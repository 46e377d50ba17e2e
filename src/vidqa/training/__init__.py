"""Training: fit projector and LoRA to questions and answers about clips."""
