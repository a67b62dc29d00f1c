import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Function;

/** What the programs see beside their own code. The driver puts in what a step does. */
class Steps {
    /** What an injected fault throws. */
    static class Fault extends RuntimeException {
        Fault(String step) {
            super("fault in " + step);
        }
    }

    /** The same, where the compiler has to know of it. */
    static class CheckedFault extends IOException {
        CheckedFault(String step) {
            super("fault in " + step);
        }
    }

    /** Work that gives a value, and may throw anything. */
    interface Work<T> {
        T run() throws Exception;
    }

    /** Work that gives none. */
    interface Job {
        void run() throws Exception;
    }

    /** An object whose end can be seen. */
    static class Scope implements AutoCloseable {
        final String name;

        Scope(String name) {
            this.name = name;
        }

        @Override
        public void close() {
            fails.apply("end of " + name);
        }
    }

    static Scope scope(String name) {
        step(name);
        return new Scope(name);
    }

    /** Records a step; true when it is this one's turn to fail. */
    static Function<String, Boolean> fails;

    static void step(String name) {
        if (fails.apply(name)) throw new Fault(name);
    }

    static <T> T step(String name, T value) {
        step(name);
        return value;
    }

    /** A step that throws a checked exception. */
    static <T> T read(String name, T value) throws IOException {
        if (fails.apply(name)) throw new CheckedFault(name);
        return value;
    }

    /** What a run sees while somebody else holds the lock. */
    static <T> T holding(Lock lock, Work<T> work) throws Exception {
        CountDownLatch taken = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        Thread other = new Thread(() -> {
            lock.lock();
            taken.countDown();
            try {
                done.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            lock.unlock();
        });
        other.start();
        taken.await();
        try {
            return work.run();
        } finally {
            done.countDown();
            other.join();
        }
    }

    static Object value(Work<?> work) throws Exception {
        return work.run();
    }

    static Object value(Job job) throws Exception {
        job.run();
        return "done";
    }

    /** A number that grows by one with each acquire and falls by one with each release. */
    static long held(Object lock) {
        if (lock == null) return 0;
        if (lock instanceof Number) return ((Number) lock).longValue();
        if (lock instanceof Boolean) return (Boolean) lock ? 1 : 0;
        if (lock instanceof ReentrantLock) return ((ReentrantLock) lock).getHoldCount();
        if (lock instanceof Semaphore) return -((Semaphore) lock).availablePermits();
        if (lock instanceof ReentrantReadWriteLock) {
            ReentrantReadWriteLock halves = (ReentrantReadWriteLock) lock;
            return halves.getReadHoldCount() + 100L * halves.getWriteHoldCount();
        }
        if (lock instanceof StampedLock) {
            StampedLock stamped = (StampedLock) lock;
            return stamped.getReadLockCount() + (stamped.isWriteLocked() ? 100 : 0);
        }
        throw new IllegalArgumentException("no way to watch " + lock);
    }
}
