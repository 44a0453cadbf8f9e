"""What `exact.py` is made of: closes as decimals, counted in ticks or bounded by floats."""
