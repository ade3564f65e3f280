"""Which checkups there are, when they are held, and which were done."""
