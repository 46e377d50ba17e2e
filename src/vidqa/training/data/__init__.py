"""Training data: from annotation files to samples and batches."""
