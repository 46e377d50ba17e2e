"""What MiniGPT4-Video's weights were made with: which frames, which words, which prompt."""
