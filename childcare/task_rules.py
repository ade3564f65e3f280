"""The rules about children, and the facts that the portal derives for them."""

from childcare import after_birth, after_birth_rules, checkup_rule, dose_rule, plan
from tasks.derived import register_derived

__all__ = ["after_birth_rules", "checkup_rule", "dose_rule"]

register_derived(plan.refresh)
register_derived(after_birth.refresh)
