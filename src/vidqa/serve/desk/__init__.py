"""The work: one queue before one model."""
