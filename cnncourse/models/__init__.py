"""The networks of the course, an architecture a file; importing one imports PyTorch."""
