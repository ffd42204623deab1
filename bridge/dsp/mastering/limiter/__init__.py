"""The linked true-peak limiter: envelope -> plan -> apply -> check -> lower, until nothing is above the ceiling."""
