"""A mix into stems: separators, the streaming overlap-add that drives them, and what is told about the result."""
