"""The version of barwise, which a record and the command line say."""

__version__ = "0.1.0"
