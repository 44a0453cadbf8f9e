"""What a run leaves for people and programs: signals, lakes, reports; each row as it is written.

How a file appears whole is known by `files`.
"""
