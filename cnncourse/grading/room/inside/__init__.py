"""What runs inside the room: it executes a student's cells, and is trusted by nobody.

These modules are copied into the room as the package `exam_room`; they know the standard
library and IPython, nothing of the course, and import each other by relative names only.
"""
