"""The rules about children, and the facts that the portal derives for them."""

from childcare import after_birth_rules, checkup_rule, dose_rule
from childcare.plan import refresh
from tasks.derived import register_derived

__all__ = ["after_birth_rules", "checkup_rule", "dose_rule"]

register_derived(refresh)
