"""The question sets of the capstones."""
