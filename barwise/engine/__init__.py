"""One pass over a plan: who computes its parts, how their values merge, and what comes of it."""
