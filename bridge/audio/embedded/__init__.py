"""What audio files carry besides audio: one module a kind of chunk or tag, each with its reader and its writer."""
