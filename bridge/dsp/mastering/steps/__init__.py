"""One module a step of the chains: how it is fitted to a signal."""
