"""Text in the pictures: captions, slides, signs."""
