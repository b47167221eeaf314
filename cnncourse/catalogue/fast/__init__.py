"""Fast convolution."""
