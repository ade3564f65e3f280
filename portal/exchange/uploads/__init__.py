"""An upload's life: received, merged, looked at, taken back or forgotten."""
