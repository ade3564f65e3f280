from django.conf import settings

from portal import clock


def demo(request):
    """Let every page of the demo, and no other, lead to the demo's own pages and say its date."""
    return {"demo": settings.DEMO, "demo_today": settings.DEMO and clock.today()}
