"""The tasks around models: transcribe, preview, evaluate, doctor, runs over folders."""
