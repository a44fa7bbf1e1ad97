"""How staff sign in (S103): password and second factor, passkey, or the company's own identity provider.

proof.py says what a session has proved, gate.py what it may therefore open, again.py when it must prove it once more.
allauth asks the questions; the pages are ours, in the folders `account`, `mfa` and `socialaccount` of the templates.
"""
