"""A receiver of webhooks, for the sandbox of the demo and to read: what any receiver must do.

It checks the signature over the body as it came, answers at once, and would pass over an id that
it had seen before. It keeps nothing.
"""

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

from portal.demo.sandbox import SOURCE
from portal.demo.views import in_the_demo
from portal.exchange.models import WebhookEndpoint
from portal.exchange.webhooks.sign import secret_of


@csrf_exempt
@in_the_demo
@require_POST
def receive(request):
    if is_ours(request):
        return HttpResponse(status=204)
    return HttpResponse("The signature is not one of the sandbox.", status=401)


def is_ours(request) -> bool:
    sandbox = WebhookEndpoint.objects.filter(connection__source__key=SOURCE).order_by("pk").first()
    if sandbox is None:
        return False
    try:
        Webhook(secret_of(sandbox)).verify(request.body, dict(request.headers))
    except (WebhookVerificationError, ValueError):  # or neither text nor a signature
        return False
    return True
