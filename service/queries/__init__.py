"""Reads, scoped by who asks; they never commit."""
