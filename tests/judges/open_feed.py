"""An open feed as independent programs read it: `open_feed.py KIND FILE`. `rss` and `atom` by feedparser, `sitemap` by ElementTree,
`jsonld` by PyLD (expanded), `csv` by Python's csv module; prints what they found as JSON."""

import csv
import json
import sys
from xml.etree import ElementTree

import feedparser
from pyld import jsonld

kind, file = sys.argv[1:3]


def contexts(url, options=None):
    """schema.org's context, as far as its terms go: nothing is fetched."""
    assert url == "https://schema.org/", url
    document = {"@context": {"@vocab": "https://schema.org/", "url": {"@type": "@id"}}}
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document}


if kind in ("rss", "atom"):
    feed = feedparser.parse(open(file, "rb").read())
    found = {"wrong": bool(feed.bozo), "version": feed.version, "title": feed.feed.title,
             "entries": [{key: value for key, value in entry.items() if isinstance(value, str)} for entry in feed.entries]}
elif kind == "sitemap":
    root = ElementTree.parse(file).getroot()
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    found = {"root": root.tag.removeprefix(space), "locations": [loc.text for loc in root.iter(space + "loc")]}
elif kind == "csv":
    found = list(csv.DictReader(open(file, encoding="utf-8", newline="")))
else:
    jsonld.set_document_loader(contexts)
    found = jsonld.expand(json.load(open(file, encoding="utf-8")))
print(json.dumps(found))
