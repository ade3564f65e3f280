import base64

from cryptography.hazmat.primitives.asymmetric import ec
from django import forms

from tasks.reminders.push import at_push_service


class DeviceForm(forms.Form):
    """A browser's subscription to notifications, by the names of `PushSubscription.toJSON()`.

    The two keys are 65 and 16 bytes (RFC 8291), in base64url without padding.
    """

    endpoint = forms.CharField(max_length=1000, strip=False)
    p256dh = forms.RegexField(r"\A[A-Za-z0-9_-]{87}\Z")
    auth = forms.RegexField(r"\A[A-Za-z0-9_-]{22}\Z")

    def clean_endpoint(self):
        endpoint = self.cleaned_data["endpoint"]
        if at_push_service(endpoint) is None:
            raise forms.ValidationError("not at one of PUSH_SERVICES", code="invalid")
        return endpoint

    def clean_p256dh(self):
        key = self.cleaned_data["p256dh"]
        try:
            point = base64.urlsafe_b64decode(key + "=")
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError as wrong:
            raise forms.ValidationError("not a point of P-256", code="invalid") from wrong
        return key
