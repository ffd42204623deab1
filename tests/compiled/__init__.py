"""Kernels as machine code that is kept."""
