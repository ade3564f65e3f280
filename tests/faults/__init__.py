"""Faults: real servers and real kills. `make faults KILLS=1000` for as many as wanted."""
