"""The only room that knows audio files; nothing here loads numpy before it is needed by `read` or `write`."""
