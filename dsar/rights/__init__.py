"""How each right is carried out: one module for each, registered by right."""

from dsar.rights import fast_lane
from dsar.rights.procedures import PROCEDURES, Procedure, Step, procedure_of, register

__all__ = ["PROCEDURES", "Procedure", "Step", "fast_lane", "procedure_of", "register"]
