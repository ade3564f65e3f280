"""The rules about children, and the facts that the portal derives for them."""

from childcare import dose_rule, plan
from childcare.after_birth import plan as after_birth
from childcare.after_birth import rules as after_birth_rules
from childcare.checkups import rule as checkup_rule
from tasks.derived import register_derived

__all__ = ["after_birth_rules", "checkup_rule", "dose_rule"]

register_derived(plan.refresh)
register_derived(after_birth.refresh)
