"""OAuth 2.0 client credentials (RFC 6749, 4.4): a client's id and secret for a token of an hour.

allauth does it. Of all it can do only this is offered: no pages to say yes on, no discovery, no
scopes. What goes wrong is told in OAuth's own form, since that is what its clients read.
"""

import json
import logging

from allauth.core import context, ratelimit
from allauth.core.internal.httpkit import extract_basic_auth
from allauth.idp.oidc import views
from allauth.idp.oidc.models import Client
from django.db import transaction
from django.http import JsonResponse
from redis import RedisError

from portal.exchange.api import problems
from portal.exchange.api.problems import Problem
from portal.exchange.connections.oauth_clients import token_of

logger = logging.getLogger(__name__)


def token(request):
    """Answer POST `grant_type=client_credentials` with a token."""
    if request.method != "POST":
        raise Problem(problems.WRONG_METHOD, headers={"Allow": "POST"})
    if too_many(request):
        raise Problem(problems.TOO_MANY, headers={"Retry-After": 60})
    named = named_in(request)
    if request.POST.get("grant_type") != Client.GrantType.CLIENT_CREDENTIALS:
        response = wrong(
            "unsupported_grant_type" if "grant_type" in request.POST else "invalid_request"
        )
    elif "resource" in request.POST:
        response = wrong("invalid_target")
    elif "\0" in "".join(named):
        response = wrong("invalid_client", status=401)  # which no database takes to look for
    elif len(named) > 1:
        response = wrong("invalid_request")
    else:
        response = by_allauth(request)
    response.in_oauths_form = True
    return response


@transaction.atomic
def by_allauth(request):
    with context.request_context(request):
        response = views.token(request)
    if response.status_code == 200:
        if token_of(json.loads(response.content)["access_token"]):
            return response
        transaction.set_rollback(True)  # the client has ended
        return wrong("invalid_client", status=401)
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Basic"
    return response


def named_in(request) -> set[str]:
    """Return by which id a client says who it is: in the header or the body, or two in both."""
    in_header, _secret = extract_basic_auth(request.headers)
    return {one for one in (in_header, request.POST.get("client_id")) if one}


def wrong(error: str, *, status=400):
    headers = {"WWW-Authenticate": "Basic"} if status == 401 else {}
    return JsonResponse({"error": error}, status=status, headers=headers)


def too_many(request) -> bool:
    """Tell whether very many tokens were asked for from this address. Without Valkey: no."""
    try:
        return not ratelimit.consume(request, action="api_token")
    except RedisError as error:
        logger.warning("Tokens are not counted", extra={"why": type(error).__name__})
        return False
