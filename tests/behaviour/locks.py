"""How deep a lock is held, asked of every kind of lock that the programs use."""

import re
import threading


def held(lock):
    """A number that grows by one with each acquire and falls by one with each release."""
    if lock is None:
        return 0
    if isinstance(lock, (bool, int)):
        return int(lock)
    for fits, count in _KINDS:
        if fits(lock):
            return int(count(lock))
    raise TypeError(f"no way to watch {lock!r}")


def _has(*names):
    return lambda lock: all(hasattr(lock, name) for name in names)


def _depth_in_repr(lock):
    # `RLock` tells its depth nowhere else before Python 3.14.
    return re.search(r"count=(\d+)", repr(lock)).group(1)


# (whether it is of this kind, how deep it is held); permits that are left count down.
_KINDS = [
    (lambda lock: type(lock) is type(threading.RLock()), _depth_in_repr),
    (lambda lock: hasattr(lock, "acquire") and isinstance(getattr(lock, "_value", None), int), lambda lock: -lock._value),
    (_has("_semlock"), lambda lock: -lock._semlock._get_value()),
    (_has("createLock", "lock"), lambda handler: held(handler.lock)),  # logging.Handler
    (lambda lock: callable(getattr(lock, "locked", None)), lambda lock: lock.locked()),
    (lambda lock: isinstance(lock, threading.Condition), lambda lock: held(lock._lock)),
    (_has("held"), lambda lock: lock.held),
    (callable, lambda probe: probe()),
]
