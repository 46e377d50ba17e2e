"""What a question asks for: a time, all of a clip, its words, or something in it."""
