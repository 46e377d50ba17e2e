"""Sources of model files: the package index and the Hub."""
