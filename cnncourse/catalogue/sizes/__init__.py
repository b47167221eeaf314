"""Sizes and costs of a network."""
