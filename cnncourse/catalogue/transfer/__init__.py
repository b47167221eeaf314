"""Transfer learning: what was learned before is kept, replaced or let go a little."""
