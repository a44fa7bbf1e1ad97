"""The operators' pages of the ground floor: ourselves, the trails, and the promise board."""

from config import board_admin
from config.admin import ourselves, trail

__all__ = ["board_admin", "ourselves", "trail"]
