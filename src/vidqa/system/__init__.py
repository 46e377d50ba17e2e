"""This computer: its files, settings, memory and devices."""
