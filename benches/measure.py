"""What a command uses, for the scripts that measure."""

import subprocess
import sys
from typing import NamedTuple

# In a process of its own: the memory that children used is known as the most of all so far.
CHILD = """
import resource, subprocess, sys, time
begun = time.monotonic()
status = subprocess.run(["sh", "-c", sys.argv[1]], stdout=subprocess.DEVNULL).returncode
wall = time.monotonic() - begun
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, used.ru_utime + used.ru_stime, wall, used.ru_maxrss)
"""


class Used(NamedTuple):
    cpu: float
    wall: float
    peak_kb: int


def measure(command, env=None):
    """Runs a line of shell. Exits where it fails: 1 is no failure, but findings (lockfix) or none (rg)."""
    child = [sys.executable, "-c", CHILD, f"exec {command}"]
    ran = subprocess.run(child, env=env, check=True, capture_output=True, text=True)
    status, cpu, wall, peak = ran.stdout.split()
    if int(status) not in (0, 1):
        sys.exit(f"failed with {status}: {command}\n{ran.stderr}")
    return Used(float(cpu), float(wall), int(peak))
