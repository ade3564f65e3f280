"""What is counted of the portal and its use: sums, never a trail of a person."""
