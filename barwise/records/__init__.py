"""What ran, on what, giving what; and whether it still holds."""
