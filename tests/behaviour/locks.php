<?php
// How deep a lock is held, asked of every kind of lock that the programs use, and small
// implementations of the interfaces of libraries that are not installed.

namespace {
    /** A number that grows by one with each acquire and falls by one with each release. */
    function held(mixed $lock): int
    {
        return match (true) {
            $lock === null, is_string($lock), gettype($lock) === 'resource (closed)' => 0,
            is_bool($lock), is_int($lock) => (int) $lock,
            is_resource($lock) => is_file_locked($lock),
            $lock instanceof SysvSemaphore => is_semaphore_taken($lock),
            $lock instanceof Closure => held($lock()),
            default => $lock->held,
        };
    }

    /** 1 if another handle could not lock the file. */
    function is_file_locked($file): int
    {
        $other = fopen(stream_get_meta_data($file)['uri'], 'c+');
        $free = flock($other, LOCK_EX | LOCK_NB);
        fclose($other);
        return $free ? 0 : 1;
    }

    function is_semaphore_taken(SysvSemaphore $semaphore): int
    {
        if (sem_acquire($semaphore, true)) {
            sem_release($semaphore);
            return 0;
        }
        return 1;
    }

    /** What all locks below do: count. */
    trait Counts
    {
        public int $held = 0;
        /** Somebody else has it. */
        public bool $busy = false;

        protected function take(): bool
        {
            if ($this->busy) {
                return false;
            }
            $this->held++;
            return true;
        }

        protected function free(): void
        {
            $this->held--;
        }
    }

    class SyncMutex
    {
        use Counts;

        public function __construct(string $name = '')
        {
        }

        public function lock(int $wait = -1): bool
        {
            return $this->take();
        }

        public function unlock(bool $all = false): bool
        {
            $this->free();
            return true;
        }
    }

    class SyncReaderWriter
    {
        use Counts;

        public function readlock(int $wait = -1): bool
        {
            return $this->take();
        }

        public function writelock(int $wait = -1): bool
        {
            return $this->take();
        }

        public function readunlock(): bool
        {
            $this->free();
            return true;
        }

        public function writeunlock(): bool
        {
            $this->free();
            return true;
        }
    }
}

namespace Symfony\Component\Lock {
    interface LockInterface
    {
        public function acquire(bool $blocking = false): bool;

        public function release(): void;
    }

    class Lock implements LockInterface
    {
        use \Counts;

        public function acquire(bool $blocking = false): bool
        {
            if ($this->busy && $blocking) {
                throw new Exception\LockConflictedException();
            }
            return $this->take();
        }

        public function release(): void
        {
            $this->free();
        }

        public function isAcquired(): bool
        {
            return $this->held > 0;
        }
    }

    class LockFactory
    {
        public function createLock(string $resource, ?float $ttl = 300.0, bool $autoRelease = true): LockInterface
        {
            return new Lock();
        }
    }
}

namespace Symfony\Component\Lock\Exception {
    class LockConflictedException extends \RuntimeException
    {
    }
}

namespace Illuminate\Contracts\Cache {
    class LockTimeoutException extends \Exception
    {
    }
}

namespace Illuminate\Cache {
    class Lock
    {
        use \Counts;

        public function get(?callable $callback = null): mixed
        {
            $taken = $this->take();
            if (!$taken || $callback === null) {
                return $taken;
            }
            try {
                return $callback();
            } finally {
                $this->release();
            }
        }

        public function block(int $seconds, ?callable $callback = null): mixed
        {
            if (!$this->take()) {
                throw new \Illuminate\Contracts\Cache\LockTimeoutException();
            }
            if ($callback === null) {
                return true;
            }
            try {
                return $callback();
            } finally {
                $this->release();
            }
        }

        public function release(): bool
        {
            $this->free();
            return true;
        }
    }
}

namespace Illuminate\Support\Facades {
    class Cache
    {
        public static function lock(string $name, int $seconds = 0): \Illuminate\Cache\Lock
        {
            static $locks = [];
            return $locks[$name] ??= new \Illuminate\Cache\Lock();
        }
    }
}

namespace Amp\Sync {
    /** What an acquire gives. A second release does nothing. */
    class Lock
    {
        public function __construct(private ?\Closure $release)
        {
        }

        public function release(): void
        {
            $release = $this->release;
            $this->release = null;
            $release === null ?: $release();
        }

        public function __destruct()
        {
            $this->release();
        }
    }

    interface Mutex
    {
        public function acquire(): Lock;
    }

    class LocalMutex implements Mutex
    {
        use \Counts;

        public function acquire(): Lock
        {
            $this->take();
            return new Lock(fn () => $this->free());
        }
    }

    function synchronized(Mutex $mutex, \Closure $callback): mixed
    {
        $lock = $mutex->acquire();
        try {
            return $callback();
        } finally {
            $lock->release();
        }
    }
}

namespace Drupal\Core\Lock {
    interface LockBackendInterface
    {
        public function acquire($name, $timeout = 30.0);

        public function release($name);
    }

    class NullLockBackend implements LockBackendInterface
    {
        use \Counts;

        public function acquire($name, $timeout = 30.0)
        {
            return $this->take();
        }

        public function release($name)
        {
            $this->free();
        }

        public function wait($name, $delay = 30)
        {
            return $this->busy;
        }
    }
}

namespace core\lock {
    class lock
    {
        public function __construct(private lock_factory $factory)
        {
        }

        public function release()
        {
            return $this->factory->release_lock($this);
        }
    }

    class lock_factory
    {
        use \Counts;

        public function get_lock($resource, $timeout)
        {
            return $this->take() ? new lock($this) : false;
        }

        public function release_lock(lock $lock)
        {
            $this->free();
            return true;
        }
    }
}
