"""Runs programs under observation on CPython: once without a fault, then with one injected at each step.

stdin: {"cases": [{"id", "path", "locks", "runs"}]}.
stdout: one JSON trace a line, as `tests/behaviour/trace.rs` reads it.
"""

import asyncio
import contextlib
import gc
import inspect
import json
import re
import signal
import sys
import time
import traceback
import warnings

from locks import held
from virtual_loop import Hang, run_to_end

# More events than this is a loop that a fault made endless.
RUNAWAY = 400
# How often to look whether the program still runs.
TICK_SECONDS = 0.5
# A blocked thread uses no time at all, one on a busy machine little, or none for a while: what uses less than
# this between two looks, and has not gone on by the next one, waits for ever.
IDLE_SECONDS = 0.0005


class Fault(Exception):
    """What an injected fault raises."""


class Observation:
    """One execution: the events so far, the locks under watch, and when and how to fail."""

    def __init__(self, expressions, fault_at, mode):
        self.expressions = expressions
        self.fault_at = fault_at
        self.mode = mode
        self.steps = 0
        self.events = []
        self.watched = []
        self.depth_at_watch = []
        self.namespace = {}
        self.over = False

    def locks(self):
        """How deep each lock is held now; 0 for what does not exist yet."""
        return [held(lock) for lock in self.named() + self.watched]

    def named(self):
        """The values of the expressions that name locks."""
        named = []
        for expression in self.expressions:
            try:
                named.append(eval(expression, self.namespace))
            except (NameError, AttributeError, KeyError):
                named.append(None)
        return named

    def record(self, name):
        if self.over:
            return
        if len(self.events) > RUNAWAY:
            raise RuntimeError("runaway")
        self.events.append({"name": name, "held": self.locks()})

    def fails(self, name):
        """Counts a step; true when it is this one's turn to fail."""
        self.record(name)
        self.steps += 1
        return self.steps == self.fault_at

    def step(self, name, value=None):
        if self.fails(name):
            raise Fault(f"fault in {name}")
        return value

    async def astep(self, name, value=None):
        fails = self.fails(name)
        if fails and self.mode == "cancel":
            asyncio.current_task().cancel()
        await asyncio.sleep(0)
        # The second record shows a release that did not wait for this work.
        self.record(f"{name} settles")
        if fails:
            raise Fault(f"fault in {name}")
        return value

    @contextlib.contextmanager
    def scope(self, name):
        """An object whose end can be seen."""
        self.step(name)
        try:
            yield
        finally:
            self.record(f"end of {name}")

    def watch(self, lock):
        self.watched.append(lock)
        self.depth_at_watch.append(held(lock))
        return lock


def holding(lock, call):
    """What a run sees while somebody else holds the lock."""
    lock.acquire()
    try:
        return call()
    finally:
        lock.release()


def show(value):
    """A value without the addresses in it."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def show_error(error):
    """What a handler can see of an exception."""
    chain = [error]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(inner)
    return " from ".join(f"{type(one).__name__}: {one}" for one in chain)


class Watchdog:
    """Raises `Hang` in a program that waits for ever."""

    def __init__(self):
        self.spent = 0.0
        self.was_idle = False
        signal.signal(signal.SIGALRM, self.look)

    def __enter__(self):
        self.spent = time.process_time()
        self.was_idle = False
        signal.setitimer(signal.ITIMER_REAL, TICK_SECONDS, TICK_SECONDS)

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)

    def look(self, _signal, _frame):
        since, self.spent = self.spent, time.process_time()
        is_idle = self.spent - since < IDLE_SECONDS
        if is_idle and self.was_idle:
            raise Hang
        self.was_idle = is_idle


def outcome_of(code, expression, observation):
    """Loads the module and evaluates the expression in it."""
    initial = None
    try:
        exec(code, observation.namespace)
        # Code at the top level may itself take locks: `run: None` then starts from all free.
        initial = None if expression == "None" else [held(lock) for lock in observation.named()]
        value = eval(expression, observation.namespace)
        if inspect.iscoroutine(value):
            value = run_to_end(value)
        return initial, {"kind": "value", "text": show(value)}
    except Hang:
        return initial, {"kind": "hang", "text": ""}
    except BaseException as error:
        return initial, {"kind": "throw", "text": show_error(error)}


def observe(code, case, run, watchdog, fault_at=0, mode="raise"):
    observation = Observation(case["locks"], fault_at, mode)
    observation.namespace.update(
        __name__="program",
        holding=holding,
        step=observation.step,
        astep=observation.astep,
        watch=observation.watch,
        scope=observation.scope,
    )
    with watchdog:
        initial, outcome = outcome_of(code, case["runs"][run], observation)
    final = observation.locks()
    observation.over = True
    return {
        "case": case["id"],
        "run": run,
        "fault": fault_at,
        "mode": mode,
        "initial": (initial or [0] * len(case["locks"])) + observation.depth_at_watch,
        "events": observation.events,
        "outcome": outcome,
        "final": final,
        "steps": observation.steps,
    }


def traces_of(case, watchdog):
    """Every trace of one case: each run, without a fault and with one at each step."""
    with open(case["path"], "rb") as file:
        text = file.read()
    try:
        code = compile(text, case["path"].rsplit("/", 1)[-1], "exec")
    except (SyntaxError, ValueError) as error:
        yield {"case": case["id"], "error": show_error(error)}
        return
    for run in range(len(case["runs"])):
        plain = observe(code, case, run, watchdog)
        yield plain
        asynchronous = any(event["name"].endswith(" settles") for event in plain["events"])
        for fault in range(1, plain["steps"] + 1):
            yield observe(code, case, run, watchdog, fault)
            if asynchronous:
                yield observe(code, case, run, watchdog, fault, "cancel")


def main():
    # Tasks that a fault leaves behind complain when they are collected: that is no result.
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    gc.disable()
    watchdog = Watchdog()
    for case in json.load(sys.stdin)["cases"]:
        try:
            for trace in traces_of(case, watchdog):
                print(json.dumps(trace))
        except Exception:
            print(json.dumps({"case": case["id"], "error": traceback.format_exc()}))


main()
