"""Who connects, what came in, and what went out."""

from portal.exchange.models.connection import Connection, Key, OAuthClient
from portal.exchange.models.upload import QuarantinedLine, Upload, UploadPart

__all__ = ["Connection", "Key", "OAuthClient", "QuarantinedLine", "Upload", "UploadPart"]
