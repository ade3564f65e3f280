from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up by themself: an account is made by the office for a person it knows."""

    def is_open_for_signup(self, request):
        return False
