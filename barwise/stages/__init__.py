"""What is computed of bars: signals add columns, measures merge. No file, no message."""
