"""Who connects, what came in, and what went out."""

from portal.exchange.models.call import KeyedCall
from portal.exchange.models.change import Change, Numbering
from portal.exchange.models.connection import Connection, Key, OAuthClient
from portal.exchange.models.merge import Merge
from portal.exchange.models.taking_back import TakenBackReport, TakingBack
from portal.exchange.models.upload import QuarantinedLine, Upload, UploadLine, UploadPart
from portal.exchange.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "Change",
    "Connection",
    "Key",
    "KeyedCall",
    "Merge",
    "Numbering",
    "OAuthClient",
    "QuarantinedLine",
    "TakenBackReport",
    "TakingBack",
    "Upload",
    "UploadLine",
    "UploadPart",
    "WebhookDelivery",
    "WebhookEndpoint",
]
