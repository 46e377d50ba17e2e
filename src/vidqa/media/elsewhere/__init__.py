"""Clips on other machines: what is known of them, and their copies on this one."""
