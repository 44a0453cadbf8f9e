"""The only opener and writer of files: what is read is regular, what is written is whole.

Nothing here knows what a file says, except for the syntax of YAML.
"""
