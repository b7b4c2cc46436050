"""Checks events with the CloudEvents project's own library and with the rules of its specification as
JSON Schema (cloudevent.schema.json); both know nothing of these services.

usage: validate_cloudevents.py EVENTUALLY OVERLORD-URL

Every sample of `eventually schema export --format cloudevents`, of all types and versions, and every
event that a running Overlord has, is a CloudEvent of version 1.0; broken ones are refused. Prints the
counts, and exits 1 at the first violation.
"""
import copy, json, pathlib, subprocess, sys, urllib.request

from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft202012Validator

program, overlord = sys.argv[1:]
rules = json.loads(pathlib.Path(__file__).with_name("cloudevent.schema.json").read_text())
Draft202012Validator.check_schema(rules)
schema = Draft202012Validator(rules, format_checker=Draft202012Validator.FORMAT_CHECKER)

# Members that break an event, each for the library and the schema.
BROKEN = [
    ("id", ""), ("source", ""), ("type", ""), ("specversion", "0.9"), ("subject", ""),
    ("time", "yesterday"), ("dataschema", ""), ("correlationId", "x"), ("request_id", "x"),
]
# Members that only the schema refuses in every release of the library; None removes one.
BROKEN_BY_SCHEMA = BROKEN + [
    ("id", None), ("source", None), ("type", None), ("specversion", None), ("source", "a b"),
    ("dataschema", "orders/1"), ("datacontenttype", "json"), ("weight", 1.5), ("tags", ["a"]),
]


def expect(holds, sentence):
    if not holds:
        sys.exit(f"not so: {sentence}")


def read(event):
    return JSONFormat().read(None, json.dumps(event).encode())


def refuses(event):
    try:
        read(event)
    except (CloudEventValidationError, ValueError):
        return True
    return False


def broken(event, member, value):
    other = {**copy.deepcopy(event), member: value}
    if value is None:
        del other[member]
    return other


def received():
    """All events of the list, page after page."""
    after = "0"
    while after is not None:
        with urllib.request.urlopen(f"{overlord}/api/events?limit=500&after={after}") as answer:
            page = json.load(answer)
        yield from (item["event"] for item in page["events"])
        after = page["next"]


command = [program, "schema", "export", "--format", "cloudevents"]
samples = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
events = list(received())
refused = 0
refused_by_schema = 0
for event in samples + events:
    try:
        found = read(event)
    except (CloudEventValidationError, ValueError) as error:
        sys.exit(f"not so: {event['type']} is a CloudEvent: {error}")
    expect(found.get_specversion() == "1.0", f"{event['type']} has version 1.0")
    expect(found.get_id() == event["id"], f"{event['type']} has its id")
    expect(found.get_time().tzinfo is not None, f"{event['type']} has a time with its zone")
    expect(found.get_datacontenttype() == "application/json", f"{event['type']} has JSON")
    expect(found.get_data() == event["data"], f"{event['type']} has its data")
    expect(
        all(isinstance(event[name], str) for name in event if name != "data"),
        f"every attribute of {event['type']} is text",
    )
    violation = next(schema.iter_errors(event), None)
    expect(violation is None, f"{event['type']} is valid by the schema: {violation}")
    for member, value in BROKEN:
        expect(
            refuses(broken(event, member, value)), f"{event['type']} with {member} {value!r} is refused"
        )
        refused += 1
    for member, value in BROKEN_BY_SCHEMA:
        expect(
            not schema.is_valid(broken(event, member, value)),
            f"the schema refuses {event['type']} with {member} {value!r}",
        )
        refused_by_schema += 1

missing = {event["type"] for event in samples} - {event["type"] for event in events}
print(f"{len(samples)} samples and {len(events)} events are CloudEvents, {refused} broken ones are "
      f"refused by the library and {refused_by_schema} by the schema; no event was of "
      f"{', '.join(sorted(missing)) or 'no type'}")
