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

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "source": {"key": "juki-131016", "name": "千代田区の住民登録"},
                    "kinds": ["resident", "guardianship"],
                    "municipality": {"code": "131016", "name": "東京都千代田区"},
                    "requests_a_minute": 600,
                    "whole_list": False,
                    "signed_in_by": {"kind": "key", "name": "ak_3f9x2k7pq", "ends_at": None},
                }
            ]
        }
    }


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
