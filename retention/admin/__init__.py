"""The operators' pages about runs, erasures and holds."""

from retention.admin import runs  # isort: split

from retention.admin import holds

__all__ = ["holds", "runs"]
