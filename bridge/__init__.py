"""daw-bridge: a local daemon that joins a DAW to a mastering and separation engine."""

__version__ = "0.1.0"
