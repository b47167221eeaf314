"""LeNet in NumPy."""
