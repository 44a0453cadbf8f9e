from tests.kit.twice import computes

__all__ = ["computes"]
