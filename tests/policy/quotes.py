"""Each class of clause tests quotes its clause; the classes are called after it."""

from __future__ import annotations

import inspect

from config.policy.clauses import BY_ID


def assert_quotes_its_clause(clause: type) -> None:
    """The docstring of TestS19 is the sentence of S19."""
    quote = " ".join(str(inspect.getdoc(clause)).split())
    assert quote == BY_ID[clause.__name__.removeprefix("Test")].quote
