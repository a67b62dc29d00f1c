"""Compiles programs with g++, all of them at once, and runs each under observation: once without a
fault, then with an exception thrown at each step.

argv: the standards to compile for, `c++17` first for what is run.
stdin: {"cases": [{"id", "path", "locks", "runs"}]}.
stdout: one JSON trace a line, as `tests/behaviour/trace.rs` reads it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = [
    "-O0", "-pthread", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-Wno-unused-function",
    "-Wno-unused-parameter", "-fmax-errors=0", "-Wno-unused-variable", "-Wno-clobbered",
]


def program_of(case):
    """A program in a namespace of its own, with what selects its locks and calls its runs."""
    with open(case["path"], encoding="latin-1") as file:
        lines = file.read().lstrip("\ufeff").splitlines()
    # The prelude has every header.
    lines = ["" if re.match(r"\s*#\s*include", line) else line for line in lines]
    number = case["id"]
    out = [f"namespace case_{number} {{", f'#line 1 "case-{number}"', *lines]
    for index, lock in enumerate(case["locks"]):
        out.append(f"static int lock_{index}() {{ return observed::depth_of({lock}); }}")
    out.append("static void select() {")
    for index in range(len(case["locks"])):
        out.append(f"observed::locks[{index}] = lock_{index};")
    out.append(f"observed::lock_count = {len(case['locks'])};")
    out.append("}")
    for index, run in enumerate(case["runs"]):
        out.append(f"static void run_{index}() {{")
        if re.match(r"void\((.*)\)$", run):
            inner = run[5:-1]
            out.append(f'{inner}; observed::end("value"); observed::put_text("");')
        else:
            out.append(f'auto value = ({run}); observed::end("value"); observed::show(value);')
        out.append("}")
    out.append("static void call(int run) {")
    for index in range(len(case["runs"])):
        out.append(f"if (run == {index}) return run_{index}();")
    out.append("}")
    out.append("}")
    return "\n".join(out)


def whole(cases, source):
    """All programs with the two functions that find them by number."""
    parts = [f'#include "{HERE}/prelude.hpp"', *(source[case["id"]] for case in cases)]
    for name, arguments, call in [
        ("select", "int id", "select()"),
        ("call", "int id, int run", "call(run)"),
    ]:
        parts.append(f"static void {name}({arguments}) {{ switch (id) {{")
        parts.extend(
            f"case {case['id']}: case_{case['id']}::{call}; return;" for case in cases
        )
        parts.append("} }")
    parts.append(f'#include "{HERE}/main.cpp"')
    return "\n".join(parts)


def compile_all(cases, standard, folder, flags):
    """Compiles what compiles; returns the program, the cases in it and the errors of the others."""
    source = {case["id"]: program_of(case) for case in cases}
    errors = {}
    while True:
        left = [case for case in cases if case["id"] not in errors]
        path = os.path.join(folder, f"all-{standard}.cpp")
        with open(path, "w", encoding="latin-1") as file:
            file.write(whole(left, source))
        program = os.path.join(folder, f"all-{standard}")
        result = subprocess.run(
            ["g++", f"-std={standard}", *FLAGS, *flags, path, "-o", program],
            capture_output=True,
            text=True,
            errors="replace",
        )
        if result.returncode == 0:
            return program, left, errors
        found = {}
        for line in result.stderr.splitlines():
            match = re.match(r"case-(\d+):\d+:\d+: (?:fatal )?error", line)
            if match:
                found.setdefault(int(match[1]), line)
        if not found:
            raise RuntimeError(result.stderr[:2000])
        errors.update(found)


def traces(program, case):
    for run in range(len(case["runs"])):
        fault = 0
        while True:
            result = subprocess.run(
                [program, str(case["id"]), str(run), str(fault)], capture_output=True, text=True
            )
            try:
                trace = json.loads(result.stdout)
            except json.JSONDecodeError:
                raise RuntimeError(
                    f"run {run}, fault {fault}: ended with {result.returncode}: {result.stdout}"
                ) from None
            print(json.dumps(trace))
            if fault == 0:
                steps = trace["steps"]
            fault += 1
            if fault > steps:
                break


def main():
    standards = sys.argv[1:] or ["c++17"]
    cases = json.load(sys.stdin)["cases"]
    with tempfile.TemporaryDirectory() as folder:
        program, ready, errors = compile_all(cases, standards[0], folder, [])
        for standard in standards[1:]:
            _, ready, further = compile_all(ready, standard, folder, ["-fsyntax-only"])
            errors.update(further)
        for number, error in errors.items():
            print(json.dumps({"case": number, "error": error}))
        for case in ready:
            try:
                traces(program, case)
            except RuntimeError as error:
                print(json.dumps({"case": case["id"], "error": str(error)}))


main()
