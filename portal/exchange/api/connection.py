"""The call that tells a sender who it is here."""

from datetime import datetime

from ninja import Router, Schema

router = Router(tags=["connection"])


class SourceOut(Schema):
    key: str
    name: str


class MunicipalityOut(Schema):
    code: str
    name: str


class SignedInByOut(Schema):
    kind: str
    name: str
    ends_at: datetime | None


class ConnectionOut(Schema):
    """What a connection may do. `municipality` is null where it is everyone’s."""

    source: SourceOut
    kinds: list[str]
    municipality: MunicipalityOut | None
    requests_a_minute: int
    whole_list: bool
    signed_in_by: SignedInByOut


@router.get(
    "/connection",
    response=ConnectionOut,
    operation_id="get_connection",
    summary="Who am I here?",
)
def get_connection(request):
    """Answers which source you speak for, what you may send of whom, and until when your key is
    good. The first call to try."""
    connection = request.auth
    municipality = connection.municipality
    return {
        "source": {"key": connection.source.key, "name": connection.source.called()},
        "kinds": connection.kinds,
        "municipality": municipality and {"code": municipality.code, "name": str(municipality)},
        "requests_a_minute": connection.per_minute,
        "whole_list": connection.whole_list,
        "signed_in_by": request.signed_in_by._asdict(),
    }
