"""What is waiting and who does it."""
