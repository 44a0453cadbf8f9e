"""What is computed of bars: pure steps over arrays, and what merges. No file, and no message."""
