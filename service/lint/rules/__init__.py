"""Rules of the checker, one family a file; each is a function of the `Material` that yields findings.
Pure."""
