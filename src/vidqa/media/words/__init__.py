"""Find the words of a clip, in subtitles or in its sound."""
