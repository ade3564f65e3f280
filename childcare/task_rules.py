"""The rules about children, and the facts that the portal derives for them."""

from childcare import dose_rule
from childcare.plan import refresh
from tasks.derived import register_derived

__all__ = ["dose_rule"]

register_derived(refresh)
