"""Views that change something: a post does, any other way leads to a page that may be reloaded."""

from functools import wraps

from django.shortcuts import redirect

from tasks.views import for_residents


def for_posts(page: str):
    """Call `view(request, resident, uuid, …)` on POST; else lead to the application's `page`.

    Who was signed out meanwhile comes back by GET from signing in.
    """

    def decorate(view):
        @for_residents
        @wraps(view)
        def wrapped(request, resident, uuid, **kwargs):
            if request.method != "POST":
                return redirect(page, uuid)
            return view(request, resident, uuid, **kwargs)

        return wrapped

    return decorate
