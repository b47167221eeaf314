"""Gradients of the layers."""
