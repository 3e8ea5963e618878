"""The JSON Schemas against their examples and against the faulty bodies of tests/cases/event.

usage: schema_check.py SOURCE_FOLDER
"""
import json
import pathlib
import sys
import warnings

import jsonschema

warnings.simplefilter("ignore", DeprecationWarning)  # RefResolver: Debian 12 has no other


def place(body, pointer):
    """The container and key that a JSON pointer names."""
    *path, last = pointer.split("/")[1:]
    for step in path:
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body, int(last) if isinstance(body, list) else last


def changed(body, fault):
    for pointer in fault.get("remove", []):
        container, key = place(body, pointer)
        del container[key]
    for pointer, value in fault.get("set", {}).items():
        container, key = place(body, pointer)
        container[key] = value
    return body


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    schemas = root / "schemas"
    wrong = []

    def validator(path):
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver(path.as_uri(), schema))

    examples = 0
    for path in sorted(p for folder in ("event", "notice", "query") for p in (schemas / folder).glob("*.schema.json")):
        pattern = path.name.replace(".schema.json", "") + ".*example.json"
        found = sorted(path.parent.glob(pattern)) + sorted(path.parent.glob(path.name.replace(".schema.json", ".example.json")))
        if not found:
            wrong.append(f"{path.name}: no example beside it")
        for example in set(found):
            examples += 1
            for error in validator(path).iter_errors(json.loads(example.read_text(encoding="utf-8"))):
                wrong.append(f"{example.name}: /{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")

    faults = json.loads((root / "tests/cases/event/faults.json").read_text(encoding="utf-8"))
    for fault in faults:
        stem = schemas / "event" / fault["type"].replace("/", ".")
        accepts = fault.get("schema") == "accepts"
        if "text" in fault:
            if accepts:  # not JSON, or a doubled member: a schema never sees it
                continue
            body = json.loads(fault["text"])
        else:
            body = changed(json.loads(pathlib.Path(f"{stem}.example.json").read_text(encoding="utf-8")), fault)
        if validator(pathlib.Path(f"{stem}.schema.json")).is_valid(body) != accepts:
            wrong.append(f"{fault['name']}: the schema {'refuses' if accepts else 'accepts'} it")

    print("\n".join(wrong) or f"{examples} examples fit, {len(faults)} faulty bodies are judged as they should be")
    return 1 if wrong or examples < 20 or len(faults) < 40 else 0


sys.exit(main())
