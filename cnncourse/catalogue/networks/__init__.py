"""Networks and their blocks, in PyTorch."""
