"""An event loop whose clock jumps: nothing sleeps, and waiting for ever is seen at once."""

import asyncio
import selectors


class Hang(BaseException):
    """Nothing will ever wake this program. No `except Exception` swallows it."""


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for a timer, moves the clock; waiting for nothing is a hang."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout is None:
            raise Hang
        if not ready and timeout > 0:
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._jumping = _Selector()
        super().__init__(self._jumping)

    def time(self):
        return self._jumping.now


def run_to_end(coroutine):
    """What the coroutine returns or raises; `Hang` when it waits for what never comes."""
    loop = _Loop()
    loop.set_exception_handler(lambda *_: None)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
