"""Filters in one and two dimensions."""
