"""The process that draws pages."""
