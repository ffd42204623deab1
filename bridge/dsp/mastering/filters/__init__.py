"""Filters: the analogue prototype that a musician means, and what it becomes at a sample rate.

`prototype` knows poles and zeros, `sections` makes recursive filters of them that keep the prototype's response up to
the top of hearing, `fir` makes linear-phase ones, `cascade` and `fir` run them.
"""
