from tests.kinds import make_approval, make_kind

__all__ = ["make_approval", "make_kind"]
