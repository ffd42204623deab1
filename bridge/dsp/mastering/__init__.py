"""Chain -> processors, the loudness loop, and the ceiling that holds."""
