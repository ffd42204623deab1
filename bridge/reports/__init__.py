"""Report -> JSON, HTML, text; the sentences by code, as data."""
