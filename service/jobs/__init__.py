"""Work outside the request: the job table is the truth, the broker only rings a bell.

- A row is claimed by one conditional UPDATE; a claim is a lease somebody renews while the body runs.
- A worker that dies loses its lease; the row is claimed again, three times at most, then parked.
- Every body may run twice and must leave the same result; it takes ids and reads the rest itself.
"""
