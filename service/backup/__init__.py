"""Backup and restore of a whole instance: database, evidence, reports, keys and signer, as one file.

- A backup is checked while it is made and again as a whole before it counts as made.
- A restore is a visible act of two named persons; the signer accepts it only with its entry in the log.
"""
