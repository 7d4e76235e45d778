"""The archive package of one case: one zip with its materials, its part of the log, and what was checked.

It is read, and checked, without the service that made it: by any unzip program, any browser, and the offline
verifier for each entry of the log.
"""
