"""Obhut's tests: each proves a promise of the policy, the law or the interfaces."""
