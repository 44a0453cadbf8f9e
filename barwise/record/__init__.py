"""What ran, on what, giving what: an in-toto statement with SLSA provenance, and what differs
between two of them. No bars are read here and no file is written.
"""
