"""What a child was measured to be, beside the WHO's standards."""
