"""Holds, runs, evidence, and the state table of due dates."""

from retention.models.due import DataGap, DueDate
from retention.models.evidence import ErasureRecord
from retention.models.holds import Hold
from retention.models.runs import RetentionRun, RunChunk

__all__ = ["DataGap", "DueDate", "ErasureRecord", "Hold", "RetentionRun", "RunChunk"]
