import java.util.concurrent.locks.ReentrantLock;

class Ledger {
    private final ReentrantLock lock = new ReentrantLock();
    private long balance;

    long withdraw(long amount) {
        lock.lock();
        if (amount > balance) {
            throw new IllegalArgumentException("Insufficient funds");
        }
        balance -= amount;
        long left = balance;
        lock.unlock();
        return left;
    }
}
