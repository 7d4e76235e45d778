"""The audit trail: one Merkle log of every change, signed outside the database, checked offline."""
