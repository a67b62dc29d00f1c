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

# So many generated programs share a package: each package costs a start of the compiler.
SHARED = 40

# So many programs share a run of the binary: who hangs stays in memory.
RUN = 60


def go(work, *arguments):
    environment = dict(os.environ, GOFLAGS="-mod=mod", GOWORK="off", GOPROXY="off")
    return subprocess.run(
        ["go", *arguments], cwd=work, env=environment, capture_output=True, text=True
    )


class Program:
    """One case, and where it lies."""

    def __init__(self, case):
        self.id = case["id"]
        self.case = case
        self.name = re.sub(r"^\d+-", "", os.path.basename(case["path"]))
        with open(case["path"], "rb") as file:
            self.text = file.read()
        self.generated = self.name.startswith("generated")
        self.folder = f"g{self.id // SHARED}" if self.generated else f"c{self.id}"
        self.path = f"{self.folder}/p{self.id}.go"

    def own(self, text):
        """The text with names of its own for what the package shares."""
        if not self.generated:
            return text
        source = self.text.decode()
        names = set(re.findall(r"^(?:func|type|var) (\w+)", source, re.M))
        for group in re.findall(r"^var ([\w, ]+) |^var \(\n(.*?)^\)", source, re.M | re.S):
            names.update(re.findall(r"^\t(\w+)", group[1], re.M))
            names.update(group[0].split(", "))
        names.discard("")
        return re.sub(
            r"(?<![.\w\"])(" + "|".join(sorted(names)) + r")\b", rf"\1_{self.id}", text
        )

    def glue(self):
        """The function that makes it observable."""
        source = self.text.decode(errors="replace")
        reset = "reset" if re.search(r"^func reset\(\)", source, re.M) else "nil"
        locks = "".join(
            f"\t\t\tfunc() any {{ return {lock} }},\n" for lock in self.case["locks"]
        )
        runs = "".join(
            f"\t\t\tfunc() string {{ return {call(run)} }},\n" for run in self.case["runs"]
        )
        return f"""func Case{self.id}() probe.Case {{
	return probe.Case{{
		ID:    {self.id},
		Reset: {self.own(reset)},
		Locks: []func() any{{
{self.own(locks)}		}},
		Runs: []func() string{{
{self.own(runs)}		}},
	}}
}}
"""

    def lay_out(self, work):
        os.makedirs(os.path.join(work, self.folder), exist_ok=True)
        text = self.own(self.text.decode()).encode() if self.generated else self.text
        with open(os.path.join(work, self.path), "wb") as file:
            file.write(text)
        package = re.search(rb"^package (\w+)", self.text, re.M).group(1).decode()
        steps = os.path.join(work, self.folder, "steps.go")
        with open(steps, "w") as file:
            file.write(STEPS.replace("PACKAGE", package))
        with open(os.path.join(work, self.folder, f"glue{self.id}.go"), "w") as file:
            file.write(f'package {package}\n\nimport "{MODULE}/probe"\n\n{self.glue()}')

    def remove(self, work):
        os.remove(os.path.join(work, self.path))
        os.remove(os.path.join(work, self.folder, f"glue{self.id}.go"))


STEPS = f"""package PACKAGE

import "{MODULE}/probe"

func step(name string) {{ probe.Step(name) }}

func value[T any](name string, v T) T {{ probe.Step(name); return v }}
"""


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


def complaints(said, by_place):
    """What a tool says of programs: sentences by number."""
    found = {}
    for line in said.splitlines():
        match = re.match(r"(?:vet: )?(?:\./)?([cg]\d+/)(p|glue)(\d+)\.go:\d+:\d+: (.*)", line)
        if match:
            found.setdefault(int(match.group(3)), []).append(match.group(4))
    return {id: "; ".join(lines) for id, lines in found.items() if id in by_place}


def unformatted(work, programs):
    """Programs that gofmt would change although it would not change the fixture."""
    listed = subprocess.run(["gofmt", "-l", "."], cwd=work, capture_output=True, text=True)
    changed = set(listed.stdout.split())
    # The same program in several forms has the same file name; the first one is the original. Those
    # that are generated come in pairs, and are written as gofmt does.
    originals = {}
    for program in programs:
        first = program if program.generated else originals.setdefault(program.name, program)
        if program.path in changed and (program.generated or first.path not in changed):
            yield program.id


def run(binary, ids):
    """Runs programs. A second unlock ends the whole process: then each program runs by itself."""
    done = subprocess.run([binary, *ids], capture_output=True, text=True)
    if done.returncode == 0:
        sys.stdout.write(done.stdout)
    elif len(ids) > 1:
        for id in ids:
            run(binary, [id])
    else:
        print(json.dumps({"case": int(ids[0]), "error": done.stderr.split("\n")[0]}))


def main():
    programs = [Program(case) for case in json.load(sys.stdin)["cases"]]
    refused = {}

    def refuse(work, found):
        for program in programs:
            if program.id in found and program.id not in refused:
                refused[program.id] = found[program.id]
                program.remove(work)

    with tempfile.TemporaryDirectory() as work:
        os.mkdir(os.path.join(work, "probe"))
        shutil.copy(os.path.join(HERE, "probe.go"), os.path.join(work, "probe"))
        with open(os.path.join(work, "go.mod"), "w") as file:
            file.write(f"module {MODULE}\n\ngo 1.24\n")
        for program in programs:
            program.lay_out(work)
        known = {program.id for program in programs}
        refuse(work, dict.fromkeys(unformatted(work, programs), "it is not as gofmt writes it"))
        refuse(work, complaints(go(work, "build", "-gcflags=-e", "./...").stderr, known))
        # What stands behind a jump is the generator's own.
        for generated, options in (False, []), (True, ["-unreachable=false"]):
            folders = sorted({"./" + p.folder for p in programs if p.generated == generated})
            if folders:
                refuse(work, complaints(go(work, "vet", *options, *folders).stderr, known))
        for id, error in sorted(refused.items()):
            print(json.dumps({"case": id, "error": error}))
        good = [program for program in programs if program.id not in refused]
        folders = sorted({program.folder for program in good})
        imports = "".join(f'\t{folder} "{MODULE}/{folder}"\n' for folder in folders)
        calls = "".join(f"\t\t{program.folder}.Case{program.id}(),\n" for program in good)
        with open(os.path.join(work, "main.go"), "w") as file:
            file.write(
                f'package main\n\nimport (\n\t"{MODULE}/probe"\n{imports})\n\n'
                f"func main() {{\n\tprobe.Main([]probe.Case{{\n{calls}\t}})\n}}\n"
            )
        built = go(work, "build", "-o", "driver", ".")
        if built.returncode:
            sys.exit(built.stderr)
        sys.stdout.flush()
        binary = os.path.join(work, "driver")
        for first in range(0, len(good), RUN):
            run(binary, [str(program.id) for program in good[first : first + RUN]])


main()
