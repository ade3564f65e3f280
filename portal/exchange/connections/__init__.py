"""Who may connect: their keys and clients, and how a connection is tried."""
