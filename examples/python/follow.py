#!/usr/bin/env python3
"""Keeps a copy of the OCOP catalog: the whole once, then what changes. Python 3.9 or later, nothing else.

    OCOP_URL=https://ocop.example.vn OCOP_KEY=ocop_… examples/python/follow.py catalog.json [--once]

The copy is a JSON file: `cursor`, from which it goes on after any end, and `listings`, each by its id with its version.
"""

import json
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

URL, KEY = os.environ["OCOP_URL"].rstrip("/"), os.environ["OCOP_KEY"]
FEED = (Path(__file__).parent / "../../docs/queries/feed.graphql").read_text(encoding="utf-8")
ACKNOWLEDGE = "mutation($cursor: FeedCursor!) { feedAcknowledge(consumer: \"python-example\", cursor: $cursor) { userErrors { code } } }"


def request(path, body=None):
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(URL + path, data=data, headers=headers), timeout=60)


def ask(query, operation=None, **variables):
    with request("/graphql", {"query": query, "operationName": operation, "variables": variables}) as answer:
        body = json.load(answer)
    if body.get("errors"):
        raise RuntimeError(body["errors"][0]["message"])
    return body["data"]


def snapshot():
    """The whole catalog. A last line without `complete` would mean that the answer was cut."""
    listings, line = {}, {}
    with request("/export/listings.ndjson") as lines:
        for line in map(json.loads, lines):
            if "listing" in line:
                listing = line["listing"]
                listings[listing["id"]] = {"version": listing["feedVersion"], "listing": listing}
    if not line.get("complete"):
        raise RuntimeError("the export was cut")
    return {"cursor": line["asOf"], "listings": listings}


def apply(copy, page):
    """One handler for pages that are pulled and pages that webhooks bring: newer versions win, whatever their order."""
    for change in page["changes"]:
        known = copy["listings"].get(change["listingId"], {"version": 0})
        if change["version"] <= known["version"]:
            continue
        if change["__typename"] == "ListingUpserted":
            copy["listings"][change["listingId"]] = {"version": change["version"], "listing": change["listing"]}
        else:
            # Kept without its listing, so that an older message does not bring it back.
            copy["listings"][change["listingId"]] = {"version": change["version"], "listing": None}
    copy["cursor"] = page["endCursor"]


def save(copy, path):
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as new:
        json.dump(copy, new, ensure_ascii=False)
    os.replace(new.name, path)


def main(path, once):
    copy = json.loads(path.read_text(encoding="utf-8")) if path.exists() else snapshot()
    save(copy, path)
    while True:
        try:
            page = ask(FEED, "Changes", since=copy["cursor"], first=250)["listingChanges"]
            if page["snapshotRequired"]:
                copy = snapshot()
            else:
                apply(copy, page)
            save(copy, path)
            if page["hasMore"]:
                continue
            ask(ACKNOWLEDGE, cursor=copy["cursor"])
        except (urllib.error.URLError, TimeoutError) as error:
            print(f"trying again: {error}", file=sys.stderr)
        if once:
            return
        time.sleep(10)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), "--once" in sys.argv[2:])
