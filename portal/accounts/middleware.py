from django.conf import settings
from django.utils import translation


class PersonLanguageMiddleware:
    """Show the pages in the language that the person chose, on whatever device.

    Before the sign-in it is what this browser chose last; the portal opens in Japanese. What the
    browser itself prefers is not asked: the switch is at the top of every page.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        language = self.language_of(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language())
        if request.user.is_authenticated:  # perhaps only since this request
            language = request.user.language
            if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != language:
                remember_language(response, language)
        return response

    def language_of(self, request):
        if request.user.is_authenticated:
            return request.user.language
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def remember_language(response, language):
    """Keep `language` for this browser, for the pages before the next sign-in."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 60 * 60,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
