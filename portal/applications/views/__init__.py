"""The resident's pages: what can be applied for, filling in, and how it stands."""
