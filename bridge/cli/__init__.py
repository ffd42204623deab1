"""Verbs for people: prints and exit codes, no logic."""
