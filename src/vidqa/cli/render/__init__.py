"""Rendering on stdout, stderr and into files."""
