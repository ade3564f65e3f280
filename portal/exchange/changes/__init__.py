"""What a connection is told has changed: written down, put in one order, fetched."""
