"""What this room stores: the block list, what must never be blocked, the devices that block, what stands on each."""

from qingdun.operations.models.blocks import Block
from qingdun.operations.models.enforcers import Enforcer, Placement
from qingdun.operations.models.guards import PolicySetting, Protected, Revision, StopSwitch
from qingdun.operations.models.replays import Replay

__all__ = ["Block", "Enforcer", "Placement", "PolicySetting", "Protected", "Replay", "Revision", "StopSwitch"]
