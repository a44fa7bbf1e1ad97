"""How each right is carried out: one module for each, registered by right."""

from dsar.rights import (
    access,
    complaint,
    erasure,
    fast_lane,
    objection,
    portability,
    rectification,
    restriction,
)
from dsar.rights.procedures import PROCEDURES, Procedure, Step, packing, procedure_of, register

__all__ = [
    "PROCEDURES",
    "Procedure",
    "Step",
    "access",
    "complaint",
    "erasure",
    "fast_lane",
    "objection",
    "packing",
    "portability",
    "procedure_of",
    "rectification",
    "register",
    "restriction",
]
