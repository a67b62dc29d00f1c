/* Locks of the kernel, as far as the programs use them. */
#ifndef OBSERVE_LINUX_H
#define OBSERVE_LINUX_H

struct mutex {
    int depth;
};
typedef struct {
    int depth;
} spinlock_t;
struct rw_semaphore {
    int depth;
};
/* What `locks: rcu` watches. */
extern int rcu;

#define mutex_lock(lock) ((void)observe_lock(lock))
#define mutex_trylock(lock) (observe_try(lock) == 0)
#define mutex_lock_interruptible(lock) (observe_failing ? -EINTR : observe_lock(lock))
#define mutex_unlock(lock) ((void)observe_unlock(lock))
#define spin_lock(lock) ((void)observe_lock(lock))
#define spin_trylock(lock) (observe_try(lock) == 0)
#define spin_unlock(lock) ((void)observe_unlock(lock))
#define spin_lock_irq(lock) ((void)observe_lock(lock))
#define spin_unlock_irq(lock) ((void)observe_unlock(lock))
#define spin_lock_irqsave(lock, flags) ((void)((flags) = 1), (void)observe_lock(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), (void)observe_unlock(lock))
#define down_read(lock) ((void)observe_lock(lock))
#define up_read(lock) ((void)observe_unlock(lock))
#define down_write(lock) ((void)observe_lock(lock))
#define up_write(lock) ((void)observe_unlock(lock))
#define rcu_read_lock() ((void)observe_lock_again(&rcu))
#define rcu_read_unlock() ((void)observe_unlock(&rcu))

struct observed_guard {
    const void *lock;
};
static inline void observe_leave(struct observed_guard *guard)
{
    observe_unlock(guard->lock);
}
static inline struct observed_guard observe_guard(const void *lock)
{
    observe_lock(lock);
    return (struct observed_guard){lock};
}
#define observe_enter_mutex observe_guard
#define observe_enter_spinlock observe_guard
#define observe_enter_spinlock_irq observe_guard
#define observe_enter_spinlock_irqsave observe_guard
#define observe_enter_rwsem_read observe_guard
#define observe_enter_rwsem_write observe_guard
static inline struct observed_guard observe_enter_rcu(void)
{
    observe_lock_again(&rcu);
    return (struct observed_guard){&rcu};
}
#define OBSERVE_JOIN(a, b) a##b
#define OBSERVE_NAME(prefix, line) OBSERVE_JOIN(prefix, line)
#define OBSERVED_GUARD __attribute__((unused, cleanup(observe_leave))) struct observed_guard
#define guard(kind) OBSERVED_GUARD OBSERVE_NAME(guard_, __LINE__) = observe_enter_##kind
#define scoped_guard(kind, ...)                                                                      \
    for (int once = 1; once; once = 0)                                                               \
        for (OBSERVED_GUARD scope = observe_enter_##kind(__VA_ARGS__); once; once = 0)
#define list_for_each_entry(at, list) for ((at) = (list)->next; (at) != (list); (at) = (at)->next)

#endif
