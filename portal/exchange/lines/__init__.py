"""What a line says: its kinds, how it is read and why it is set aside, without the database."""
