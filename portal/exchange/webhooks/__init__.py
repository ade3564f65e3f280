"""Changes brought by themselves to the systems that want them (Standard Webhooks 1.0).

    Change ─▶ plan ─▶ WebhookDelivery ─▶ send ─▶ address (resolved, checked) ─▶ post (signed)
                         ▲ replay

Once or more, each with the same id, and of one application or upload in order.
"""
