"""Initialisation, optimisers and schedules."""
