from hypothesis import HealthCheck, settings

# What holds must hold again tomorrow, so a run draws the same examples as the one before.
# By hand, with others: pytest tests/tasks --hypothesis-profile=long
slow_is_fine = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile(
    "quick",
    max_examples=80,
    stateful_step_count=12,
    derandomize=True,
    database=None,
    **slow_is_fine,
)
settings.register_profile("long", max_examples=3000, stateful_step_count=30, **slow_is_fine)
if settings.get_current_profile_name() == "default":  # none was named on the command line
    settings.load_profile("quick")
