"""Two records of the register that are one person, with the yes of a clerk."""
