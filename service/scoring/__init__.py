"""Exact scoring: quantities, measures, rules, ledger, grades, score sheet (PURE: standard library only).

Full marks minus their reasons: every line satisfies awarded = max − deductions + bonuses + adjustment.
All numbers are `fractions.Fraction` made from text; rounding happens only where the framework says.
"""
