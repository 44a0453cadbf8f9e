"""One pass over a plan: bars are read, computed and checked side by side, and what comes of it."""
