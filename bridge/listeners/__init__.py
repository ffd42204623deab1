"""Outside world -> JobRequest. Each listener is handed submit() and knows of no other."""
