"""Weights of models: which there are, which gives which stem, where they lie, how they are fetched and verified.

Light: the command line lists and fetches models without loading a signal library.
"""
