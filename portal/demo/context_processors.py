from django.conf import settings


def demo(request):
    """Let the sign-in page link to the one-click page, in the demo alone."""
    return {"demo": settings.DEMO}
