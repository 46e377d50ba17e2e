"""Transcription: write down what is said in clips."""
