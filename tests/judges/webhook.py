"""A webhook message as `standardwebhooks` (v1) and `cryptography` (v1a, Ed25519) verify it: `webhook.py FILE`, a JSON object with `secret`,
`publicKey`, `headers` and `body`; prints which of the two signatures hold."""

import base64
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

message = json.load(open(sys.argv[1], encoding="utf-8"))
headers, body = message["headers"], message["body"]
try:
    Webhook(message["secret"]).verify(body, headers)
    symmetric = True
except WebhookVerificationError as error:
    symmetric = str(error)
signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
key = Ed25519PublicKey.from_public_bytes(base64.b64decode(message["publicKey"].removeprefix("whpk_")))
asymmetric = False
for signature in headers["webhook-signature"].split(" "):
    version, value = signature.split(",", 1)
    if version == "v1a":
        try:
            key.verify(base64.b64decode(value), signed)
            asymmetric = True
        except InvalidSignature:
            pass
print(json.dumps({"v1": symmetric, "v1a": asymmetric}))
