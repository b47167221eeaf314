"""Grade a class: the room a student's code runs in, and the judge outside it."""
