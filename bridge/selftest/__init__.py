"""What `dawbridge selftest` does, in a process of its own: signals with known readings through meters and limiter.

Each check gives rows: what was expected, what came out, and whether that is right. `checks.CHECKS` is all of them.
"""
