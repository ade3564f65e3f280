"""Who connects, what came in, and what went out."""

from portal.exchange.models.connection import Connection, Key
from portal.exchange.models.upload import QuarantinedLine, Upload, UploadPart

__all__ = ["Connection", "Key", "QuarantinedLine", "Upload", "UploadPart"]
