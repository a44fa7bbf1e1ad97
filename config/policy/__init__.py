"""The published policy as data: its clauses (`clauses`), its periods (`periods`), and what keeps it (`controls`)."""
