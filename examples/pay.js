const { Mutex } = require('async-mutex');
const accountMutex = new Mutex();

async function transferFunds(from, to, amount) {
    await accountMutex.acquire();
    if (from.balance < amount) {
        throw new Error('Insufficient funds');
    }
    from.balance -= amount;
    to.balance += amount;
    accountMutex.release();
}
