"""Steps that run plug-ins: what a host is told, one pass of a signal, the search of a parameter, what is told of it."""
