#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does the schema in the CRD judge tests/data/routes as the C code does?

Usage: route_schema.py DESCRIBE_ROUTE

Without an API server the structural part is checked: types, bounds, patterns, words, list
keys. A bad object that only a CEL rule can refuse is marked `by: rule` in bad.yaml, and must
pass here; what the server takes by design is marked `server: why`.
"""

import datetime
import json
import subprocess
import sys

import jsonschema


def duplicate_keys(validator, keys, instance, schema):
    del schema
    if not validator.is_type(instance, "array"):
        return
    seen = set()
    for element in instance:
        if not validator.is_type(element, "object"):
            continue
        key = tuple(element.get(k) for k in keys)
        if key in seen:
            yield jsonschema.ValidationError(f"duplicate {key}")
        seen.add(key)


# OpenAPI v3 as in a CRD is JSON schema draft 4, but for the keys of lists.
Structural = jsonschema.validators.extend(
    jsonschema.Draft4Validator, {"x-kubernetes-list-map-keys": duplicate_keys}
)


FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value):
    return not isinstance(value, str) or bool(datetime.datetime.fromisoformat(value))


def nodes(schema, path="spec"):
    """Every schema in the schema, with its place."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from nodes(schema[key], f"{path}[]")


def described(program, what):
    return json.loads(subprocess.run([program, what], check=True, capture_output=True).stdout)


def main():
    program = sys.argv[1]
    crd = described(program, "crd-json")
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    spec = schema["properties"]["spec"]
    faults = []

    Structural.check_schema(schema)
    for path, node in nodes(schema, ""):
        if "type" not in node:
            faults.append(f"{path}: a structural schema has a type everywhere")
        if not path.startswith(".status") and node["type"] == "array" and "maxItems" not in node:
            faults.append(f"{path}: rules over a list without a bound have no bounded cost")
        if "default" in node:
            for error in Structural(node).iter_errors(node["default"]):
                faults.append(f"{path}: its default is refused: {error.message}")

    validator = Structural(spec, format_checker=FORMATS)
    cases = described(program, "cases")
    for case in cases:
        what = case["case"]
        errors = [e.message for e in validator.iter_errors(case["object"].get("spec"))]
        passes_by_design = "server" in case or case.get("by") == "rule"
        if "error" not in case and errors:
            faults.append(f"{what}: taken in C, refused by the schema: {errors[0]}")
        elif "error" in case and passes_by_design and errors:
            faults.append(f"{what}: the schema refuses it; the mark in bad.yaml is stale")
        elif "error" in case and not passes_by_design and not errors:
            faults.append(f"{what}: refused in C ({case['refused']}), taken by the schema")
        if "in_force" in case:
            for error in validator.iter_errors(case["in_force"]):
                faults.append(f"{what}: the spec in force is refused: {error.message}")

    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(cases)} objects, {len(faults)} disagreements")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
