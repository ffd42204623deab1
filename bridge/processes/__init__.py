"""Child processes that speak in lines: `child` is what the parent holds of one, `inside` what the child does first."""
