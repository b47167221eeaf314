"""Broken layers to be caught."""
