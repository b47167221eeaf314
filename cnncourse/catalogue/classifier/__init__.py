"""Activations, fully connected layers and the loss."""
