"""What is computed of bars: signals add columns, measures merge, rules have words. No file."""
