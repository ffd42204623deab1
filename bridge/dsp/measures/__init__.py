"""Meters: loudness, true peak, dynamics, tone, stereo (float64 inside)."""
