"""How fast is the engine beside plain SQL and beside the usual ways? `make bench` prints it.

See docs/performance.md for what is measured and how to read it.
"""
