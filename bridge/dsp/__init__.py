"""Signal in, signal or numbers out: no files, sockets, clock, settings or logging."""
