"""Feedback for students: what one page says, and writing those of a class."""
