"""What is said in a clip, from whatever can be read or heard."""
