#!/usr/bin/env python3
"""Looks at the files of one large repository on a cluster, with PySpark.

    spark-submit scripts/fleet/spark.py [--output FILE] [--master MASTER] [--lockfix PROGRAM] [--partitions N] REPOSITORY [-- OPTION...]

The tracked files are shared out over the workers, each of which runs lockfix over its share and gives back its findings. FILE (or
stdout, into which spark-submit puts stderr as well) gets the findings in path order, one JSON object a line, the same whatever the
number of workers; stderr gets the sum. Every worker has to reach the repository by the same path. Without --master, `local-cluster[2,1,1024]`: two worker processes on this machine.
Exit status: 0 nothing found, 1 findings, 2 part of the work could not be done.
"""

import argparse
import json
import os
import subprocess
import sys

from pyspark.sql import SparkSession


def tracked(repository):
    command = ["git", "-C", repository, "ls-files", "-z"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout
    return [path.decode("utf-8", "surrogateescape") for path in listed.split(b"\0") if path]


def looks_at(program, repository, options):
    """What a worker does with its share of the files: findings by path, and what failed."""

    def work(paths):
        names = "\0".join(paths).encode("utf-8", "surrogateescape")
        if not names:
            return
        command = [program, "--dry-run", "--format", "jsonl", "--quiet", "--jobs", "1", "--files-from", "-", *options]
        ran = subprocess.run(command, cwd=repository, input=names + b"\0", capture_output=True, check=False)
        for line in ran.stdout.decode("utf-8").splitlines():
            finding = json.loads(line)
            yield (finding["path"], finding["line"], finding["column"], finding["rule"], line)
        if ran.returncode not in (0, 1):
            yield ("", 0, 0, "", ran.stderr.decode("utf-8", "replace"))

    return work


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", default="-", help="the file that gets the findings")
    parser.add_argument("--master", default="local-cluster[2,1,1024]", help="the cluster")
    parser.add_argument("--lockfix", default="lockfix", help="the program")
    parser.add_argument("--partitions", type=int, default=8, help="how many shares")
    parser.add_argument("repository", metavar="REPOSITORY")
    own, options = sys.argv[1:], []
    if "--" in own:
        at = own.index("--")
        own, options = own[:at], own[at + 1 :]
    arguments = parser.parse_args(own)
    session = SparkSession.builder.appName("lockfix").master(arguments.master)
    session = session.config("spark.ui.enabled", "false")
    session = session.config("spark.ui.showConsoleProgress", "false")
    spark = session.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    # Workers stand in directories of their own.
    repository = os.path.abspath(arguments.repository)
    paths = tracked(repository)
    shares = spark.sparkContext.parallelize(paths, arguments.partitions)
    results = sorted(shares.mapPartitions(looks_at(arguments.lockfix, repository, options)).collect())
    spark.stop()
    failures = [text for path, _, _, _, text in results if not path]
    findings = [text for path, _, _, _, text in results if path]
    text = "".join(line + "\n" for line in findings)
    if arguments.output == "-":
        sys.stdout.write(text)
    else:
        with open(arguments.output, "w", encoding="utf-8") as file:
            file.write(text)
    sys.stderr.write("".join(failures))
    print(f"{len(findings)} findings in {len(paths)} tracked files, {arguments.partitions} shares", file=sys.stderr)
    sys.exit(2 if failures else 1 if findings else 0)


main()
