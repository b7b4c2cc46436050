"""Checks OpenAPI documents with an independent validator.

usage: validate_openapi.py URL...

Prints each document's title and number of paths, and exits 1 at the first that is not valid.
"""
import json, sys, urllib.request

from openapi_spec_validator import validate

for url in sys.argv[1:]:
    with urllib.request.urlopen(url) as answer:
        document = json.load(answer)
    validate(document)
    print(f"{document['info']['title']}: {len(document['paths'])} paths")
