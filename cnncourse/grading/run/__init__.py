"""Grade what is due: from what was handed in to the gradebook.

`command` is what ``cnncourse grade`` does. `grader` takes what is `due`, lets the `pipeline`
prepare it and the workers run and judge it, and has the `writer` enter what comes back.
"""
