"""The prompts that MiniGPT4-Video's weights were trained with: frames, words, templates."""
