"""Gain that follows the signal: cells of 16 frames are read, a curve says what they need, nodes are what they get.

Everything is planned from the whole signal when a step is fitted. So lookahead costs no latency, what was done can be
told in figures before it is done, and blocks may be cut anywhere.
"""
