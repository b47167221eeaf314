"""Initialisation, optimisers and learning rate schedules."""
