"""The models that can be named: presets. Data only."""
