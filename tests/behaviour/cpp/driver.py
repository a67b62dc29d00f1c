"""Compiles programs with g++, many of them at once, and runs them under observation.

argv: the standard to compile and run with, then those that the programs have to fit as well.
stdin: {"cases": [{"id", "path", "locks", "runs", "standard"}]}; a case with a standard of its own is
compiled and run with that alone.
stdout: one JSON trace a line, as `tests/behaviour/trace.rs` reads it.
"""

import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = [
    "-O0", "-pthread", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-Wno-unused-function",
    "-Wno-unused-parameter", "-fmax-errors=0", "-Wno-unused-variable",
    "-Wno-unused-but-set-variable", "-Wno-clobbered",
]
# How many programs the compiler gets at once, and how often it runs at the same time.
MANY = 120
COMPILERS = 2


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
    # Macros end with their program, those that keep a header from being read twice among them.
    defined = (re.match(r"\s*#\s*define\s+(\w+)", line) for line in lines)
    out.extend(f"#undef {define[1]}" for define in defined if define)
    return "\n".join(out)


def whole(cases):
    """All programs with the functions that find them by number, and the table of them."""
    parts = [f'#include "{HERE}/prelude.hpp"', *map(program_of, cases)]
    for name, arguments, call in [
        ("select", "int id", "select()"),
        ("call", "int id, int run", "call(run)"),
    ]:
        parts.append(f"static void {name}({arguments}) {{ switch (id) {{")
        parts.extend(
            f"case {case['id']}: case_{case['id']}::{call}; return;" for case in cases
        )
        parts.append("} }")
    parts.append("static const struct { int id, runs; } programs[] = {")
    parts.extend(f"{{{case['id']}, {len(case['runs'])}}}," for case in cases)
    parts.append("};")
    parts.append(f'#include "{HERE}/main.cpp"')
    return "\n".join(parts)


def compiled(cases, standard, path, flags):
    """The cases that compile, and the errors of the others."""
    errors = {}
    while True:
        left = [case for case in cases if case["id"] not in errors]
        with open(path, "w", encoding="latin-1") as file:
            file.write(whole(left))
        result = subprocess.run(
            ["g++", f"-std={standard}", *FLAGS, *flags, path],
            capture_output=True,
            text=True,
            errors="replace",
        )
        if result.returncode == 0:
            return left, errors
        found = {}
        for line in result.stderr.splitlines():
            match = re.match(r"case-(\d+):\d+:\d+: (?:fatal )?error", line)
            if match:
                found.setdefault(int(match[1]), line)
        if not found:
            raise RuntimeError(result.stderr[:2000])
        errors.update(found)


def observe(cases, standards, path):
    """Compiles a batch and runs what compiles."""
    program = path.removesuffix(".cpp")
    ready, errors = cases, {}
    for standard in standards[1:]:
        ready, further = compiled(ready, standard, path, ["-fsyntax-only"])
        errors.update(further)
    ready, further = compiled(ready, standards[0], path, ["-o", program])
    errors.update(further)
    result = subprocess.run([program], stdout=subprocess.PIPE)
    if result.returncode != 0:
        raise RuntimeError(f"{program} ended with {result.returncode}")
    lines = [json.dumps({"case": number, "error": error}) for number, error in errors.items()]
    return "\n".join([*lines, result.stdout.decode(errors="replace")])


def main():
    batches = collections.defaultdict(lambda: [[]])
    for case in json.load(sys.stdin)["cases"]:
        own = case.get("standard")
        batch = batches[(own,) if own else tuple(sys.argv[1:])]
        if len(batch[-1]) == MANY:
            batch.append([])
        batch[-1].append(case)
    with tempfile.TemporaryDirectory() as folder:
        with concurrent.futures.ThreadPoolExecutor(COMPILERS) as pool:
            jobs = [
                pool.submit(
                    observe, batch, standards, f"{folder}/{'-'.join(standards)}-{number}.cpp"
                )
                for standards, all_batches in batches.items()
                for number, batch in enumerate(all_batches)
            ]
            for job in jobs:
                print(job.result())


main()
