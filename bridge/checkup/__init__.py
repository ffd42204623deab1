"""Is everything here that the bridge needs? Findings about this machine and the settings, each with its cure."""
