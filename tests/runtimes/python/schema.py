"""Checks configurations against a JSON schema, as editors do.

argv: the schema, then TOML files. Each file that does not fit is named on stdout, with the first reason.
"""

import json
import sys
import tomllib

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
kind = jsonschema.validators.validator_for(schema)
kind.check_schema(schema)
for path in sys.argv[2:]:
    with open(path, "rb") as file:
        error = next(kind(schema).iter_errors(tomllib.load(file)), None)
    if error:
        print(f"{path}: {error.message}")
