"""Real object stores for tests: servers that live for a session, and a proxy that breaks things.

They are fixtures in `fixtures`; what stands in their bucket is seen by a client that is not ours.
"""
