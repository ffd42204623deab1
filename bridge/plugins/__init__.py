"""What is known of third-party plug-ins, without loading any: nouns, catalogue, health, folders, check of chains.

Light: the daemon half reads it. Plug-ins themselves are touched in `dsp.plugins` only, in processes that may die.
"""
