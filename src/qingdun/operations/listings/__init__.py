"""The list pages of blocking, one file a kind; the machine interface reads the same listings."""

from qingdun.operations.listings.blocks import BLOCKS
from qingdun.operations.listings.enforcers import ENFORCERS
from qingdun.operations.listings.protected import PROTECTED

__all__ = ["BLOCKS", "ENFORCERS", "PROTECTED"]
