"""The rows of the process as written by hand, one module per part of the way."""
