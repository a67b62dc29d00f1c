// How deep a lock is held, asked of every kind of lock that the programs use.

import { inspect } from 'node:util';

/** A number that grows by one with each acquire and falls by one with each release. */
export function held(lock) {
  if (lock === undefined || lock === null) return 0;
  for (const [fits, count] of KINDS) {
    if (fits(lock)) return Number(count(lock));
  }
  throw new Error(`no way to watch ${inspect(lock)}`);
}

const pending = (promise) => inspect(promise).includes('<pending>');

// [whether it is of this kind, how deep it is held]; permits that are left count down.
const KINDS = [
  [(lock) => typeof lock === 'boolean' || typeof lock === 'number', (lock) => lock],
  [(lock) => typeof lock.getValue === 'function', (lock) => -lock.getValue()], // async-mutex Semaphore
  [(lock) => typeof lock.isLocked === 'function', (lock) => lock.isLocked()], // async-mutex, @livekit/mutex
  [(lock) => typeof lock.acquired === 'boolean', (lock) => lock.acquired], // await-lock
  [(lock) => typeof lock.locked === 'boolean', (lock) => lock.locked], // mutexify
  [(lock) => typeof lock.getPermits === 'function', (lock) => -lock.getPermits()], // semaphore-async-await
  [(lock) => lock.free && typeof lock.free.length === 'number', (lock) => -lock.free.length], // async-sema
  [(lock) => typeof lock.availablePermits === 'number', (lock) => -lock.availablePermits], // @shopify/semaphore
  [(lock) => typeof lock.getState === 'function', (lock) => lock.getState() !== 0], // async-rwlock
  [(lock) => '_lockP' in lock, (lock) => lock._lockP !== null && pending(lock._lockP)], // @rocicorp/lock Lock
  [
    (lock) => '_writeP' in lock, // @rocicorp/lock RWLock
    (lock) =>
      Number(lock._writeP !== null && pending(lock._writeP)) + lock._readP.filter(pending).length,
  ],
  [(lock) => typeof lock.count === 'number', (lock) => -lock.count], // await-semaphore
  [(lock) => typeof lock === 'function', (lock) => lock()], // a probe written in the program
];
