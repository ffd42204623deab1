"""What is `auto`, decided: reading -> rule -> value, with the reason in words; and the guards of loudness."""
