"""What the headers of audio files say: one module a container, each a pure function from bytes to a `Header`."""
