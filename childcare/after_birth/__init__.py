"""What is to be done when a child is born, and what parents say about it."""
