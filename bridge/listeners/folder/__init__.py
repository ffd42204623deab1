"""The watch folder: which files have settled, and which belong together."""
