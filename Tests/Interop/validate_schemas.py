"""Checks the output of `eventually schema export` with an independent validator.

usage: validate_schemas.py EVENTUALLY GOLDEN-FOLDER

Every golden file is valid by the JSON Schema of its version, and by the payload that AsyncAPI gives
its message; an invalid variant is not. Prints the checks, and exits 1 at the first violation.
"""
import copy, json, pathlib, re, subprocess, sys

from jsonschema import Draft202012Validator

program, folder = sys.argv[1:]


def export(form):
    command = [program, "schema", "export", "--format", form]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def expect(holds, sentence):
    if not holds:
        sys.exit(f"not so: {sentence}")


def validator(schema, root=None):
    Draft202012Validator.check_schema(schema)
    whole = schema if root is None else {**root, "$ref": schema["$ref"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def wrong(data, schema):
    """Payloads that break a schema in one place: a required field missing, or of another type."""
    for name, field in schema["properties"].items():
        optional = name not in schema["required"]
        for value in [None, True, 1.5, "", [], {"amount": "1", "currency": 7}]:
            if optional and value is None:
                continue
            other = copy.deepcopy(data)
            other[name] = value
            if not Draft202012Validator(field).is_valid(value):
                yield name, other
        if not optional:
            yield name, {key: value for key, value in data.items() if key != name}


golden = {path.name: json.loads(path.read_text()) for path in pathlib.Path(folder).glob("*.json")}
version_of = {name: re.match(r"(.*?\.v\d+)", name)[1] for name in golden}
schemas = export("json-schema")["$defs"]
document = export("asyncapi")
samples = export("cloudevents")

expect(set(version_of.values()) == set(schemas), "every version has a golden file and a schema")
refused = 0
for name, data in golden.items():
    schema = schemas[version_of[name]]
    check = validator(schema)
    expect(check.is_valid(data), f"{name} is valid by its schema")
    expect(check.is_valid({**data, "unknownField": [1]}), f"{name} may have a field more")
    for optional in set(schema["properties"]) - set(schema["required"]):
        expect(check.is_valid({**data, optional: None}), f"{name}: {optional} may be null")
    for field, other in wrong(data, schema):
        expect(not check.is_valid(other), f"{name} is refused with {field} {other.get(field)!r}")
        refused += 1

channels, operations, components = (document[key] for key in ("channels", "operations", "components"))
expect(document["asyncapi"] == "3.0.0", "AsyncAPI 3")
expect(
    {message["name"] for message in components["messages"].values()} == set(schemas),
    "every version has a message",
)
for part in (document["servers"], channels, operations, components["messages"], components["schemas"]):
    for key in part:
        expect(re.fullmatch(r"[A-Za-z0-9_-]+", key), f"{key} is a key of AsyncAPI")
for name, operation in operations.items():
    channel = operation["channel"]["$ref"].removeprefix("#/channels/")
    expect(operation["action"] == "send" and channel in channels, f"{name} sends in a channel")
    for message in operation["messages"]:
        path = message["$ref"].removeprefix(f"#/channels/{channel}/messages/")
        expect(path in channels[channel]["messages"], f"{name} sends what its channel has")
for channel in channels.values():
    for server in channel["servers"]:
        name = server["$ref"].removeprefix("#/servers/")
        expect({"host", "protocol"} <= set(document["servers"][name]), f"{name} is a server")
        expect(channel["address"].startswith(f"{name}/"), f"{channel['address']} is {name}'s topic")

by_type = {}
for event in samples:
    stream, kind = event["source"].removeprefix("urn:eventually:"), event["type"]
    name = kind.removeprefix("dev.eventually.")
    key = name.replace(".", "-")
    check = validator(components["messages"][key]["payload"], document)
    errors = list(check.iter_errors(event))
    expect(not errors, f"the sample of {name} is valid by AsyncAPI: {errors}")
    expect(not check.is_valid({**event, "data": {}}), f"{name} without data is refused")
    expect(not check.is_valid({**event, "source": "urn:else"}), f"{name} from elsewhere is refused")
    expect(f"{stream}-{key}" in channels, f"{name} has a channel of {stream}")
    by_type.setdefault(name, []).append(event["data"])
expect(
    {name: sorted(map(json.dumps, data)) for name, data in by_type.items()}
    == {
        version: sorted(json.dumps(data) for name, data in golden.items() if version_of[name] == version)
        for version in schemas
    },
    "the samples are the golden files",
)
print(f"{len(golden)} golden files are valid, {refused} wrong payloads are refused, "
      f"{len(channels)} channels and {len(samples)} samples fit")
