"""What a cell, a number or a typed column means: as a price, as a time, as a symbol."""
