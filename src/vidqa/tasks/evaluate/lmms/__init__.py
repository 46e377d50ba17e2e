"""vidqa as a model of lmms-eval."""
