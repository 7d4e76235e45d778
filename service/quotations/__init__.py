"""Quotations: figures somebody else printed, kept as written and compared with what follows from them.

Pure. `compare.compare` tells what agrees, differs or cannot be computed; `expectations.hold` checks
stated results; `figures` gives the exact figures of a score sheet or snapshot by path.
"""
