"""`vidqa eval`: count right answers, of own questions and of benchmarks."""
