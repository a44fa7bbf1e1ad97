"""When data must go: the rule, the run, the evidence."""
