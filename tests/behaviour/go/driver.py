"""Builds Go programs into one binary, a package each, and runs them under observation (see probe.go).

stdin: {"cases": [{"id", "path", "locks", "runs"}]}.
stdout: one JSON trace a line, as `tests/behaviour/trace.rs` reads it, or why a program is refused: it does
not compile, `go vet` complains, or it is not as `gofmt` writes it although the fixture is.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

MODULE = "lockfix.test"
HERE = os.path.dirname(os.path.abspath(__file__))


def folder(case):
    return f"c{case['id']}"


def go(work, *arguments):
    environment = dict(os.environ, GOFLAGS="-mod=mod", GOWORK="off", GOPROXY="off")
    return subprocess.run(
        ["go", *arguments], cwd=work, env=environment, capture_output=True, text=True
    )


def call(expression):
    """`f(a, b)` → a call of `f` by way of the probe, whatever its results."""
    opening = expression.index("(")
    depth = 0
    # The last group of parentheses holds the arguments.
    for at, char in enumerate(expression):
        if char == "(":
            if depth == 0:
                opening = at
            depth += 1
        elif char == ")":
            depth -= 1
    callee, arguments = expression[:opening], expression[opening + 1 : -1]
    rest = f", {arguments}" if arguments.strip() else ""
    return f"probe.Call({callee}{rest})"


def glue(case, text):
    """The file that makes a package of its own observable."""
    package = re.search(r"^package (\w+)", text, re.M).group(1)
    reset = "reset" if re.search(r"^func reset\(\)", text, re.M) else "nil"
    locks = "".join(f"\t\t\tfunc() any {{ return {lock} }},\n" for lock in case["locks"])
    runs = "".join(f"\t\t\tfunc() string {{ return {call(run)} }},\n" for run in case["runs"])
    return f"""package {package}

import "{MODULE}/probe"

func step(name string) {{ probe.Step(name) }}

func value[T any](name string, v T) T {{ probe.Step(name); return v }}

func Case() probe.Case {{
	return probe.Case{{
		ID:    {case["id"]},
		Reset: {reset},
		Locks: []func() any{{
{locks}		}},
		Runs: []func() string{{
{runs}		}},
	}}
}}
"""


def lay_out(work, cases):
    os.mkdir(os.path.join(work, "probe"))
    shutil.copy(os.path.join(HERE, "probe.go"), os.path.join(work, "probe"))
    with open(os.path.join(work, "go.mod"), "w") as file:
        file.write(f"module {MODULE}\n\ngo 1.24\n")
    for case in cases:
        os.mkdir(os.path.join(work, folder(case)))
        program = os.path.join(work, folder(case), "program.go")
        shutil.copy(case["path"], program)
        with open(program, encoding="utf-8", errors="replace") as file:
            text = file.read()
        with open(os.path.join(work, folder(case), "glue.go"), "w") as file:
            file.write(glue(case, text))


def complaints(work):
    """What `go vet` says, by folder."""
    said = {}
    where = None
    for line in go(work, "vet", "./...").stderr.splitlines():
        if line.startswith("# "):
            where = line[2:].strip("[]").split("/")[-1]
        elif where is not None:
            said.setdefault(where, []).append(re.sub(r"^(vet: )?c\d+/", "", line))
    return {name: "; ".join(lines) for name, lines in said.items()}


def unformatted(work, cases):
    """Programs that gofmt would change although it would not change the fixture."""
    listed = subprocess.run(["gofmt", "-l", "."], cwd=work, capture_output=True, text=True)
    names = {line.split("/")[0] for line in listed.stdout.splitlines()}
    # The same program in several forms has the same file name; the first one is the original.
    by_file = {}
    for case in cases:
        key = re.sub(r"^\d+-", "", os.path.basename(case["path"]))
        by_file.setdefault(key, []).append(folder(case))
    return {
        one
        for forms in by_file.values()
        if forms[0] not in names
        for one in forms
        if one in names
    }


def main():
    cases = json.load(sys.stdin)["cases"]
    with tempfile.TemporaryDirectory() as work:
        lay_out(work, cases)
        refused = complaints(work)
        for one in unformatted(work, cases):
            refused.setdefault(one, "it is not as gofmt writes it")
        for case in cases:
            if folder(case) in refused:
                print(json.dumps({"case": case["id"], "error": refused[folder(case)]}))
        good = [case for case in cases if folder(case) not in refused]
        imports = "".join(f'\t{folder(case)} "{MODULE}/{folder(case)}"\n' for case in good)
        calls = "".join(f"\t\t{folder(case)}.Case(),\n" for case in good)
        with open(os.path.join(work, "main.go"), "w") as file:
            file.write(
                f'package main\n\nimport (\n\t"{MODULE}/probe"\n{imports})\n\n'
                f"func main() {{\n\tprobe.Main([]probe.Case{{\n{calls}\t}})\n}}\n"
            )
        built = go(work, "build", "-o", "driver", ".")
        if built.returncode:
            sys.exit(built.stderr)
        sys.stdout.flush()
        sys.exit(subprocess.run([os.path.join(work, "driver")]).returncode)


main()
