/* What the programs under observation see instead of real locks: every lock is a depth, every step is
 * an event. Included in front of each program. */
#ifndef OBSERVE_H
#define OBSERVE_H

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

/* Work that can fail: 0, or -1 when it is its turn. */
int step(const char *name);
/* The same, with the value that it gives when it does not fail. */
static inline int step_of(const char *name, int value)
{
    return step(name) == 0 ? value : -1;
}
/* Work that cannot. */
void note(const char *name);

/* Takes the lock and gives 0; does not come back when it is held already. */
int observe_lock(const void *lock);
int observe_lock_again(const void *lock);
/* Gives 0 when it took the lock. */
int observe_try(const void *lock);
int observe_unlock(const void *lock);
/* Somebody else holds the lock, or lets go of it. */
void observe_other(const void *lock, int by);
/* Whether locks that can fail do. */
extern int observe_failing;
/* Files are depths of the names that they are opened by. */
FILE *observe_fopen(const void *name);
int observe_open(const void *name);
int observe_close(int fd);
_Noreturn void observe_exit(int status);

/* In `run:` lines: while somebody else holds the lock, and while every lock that can fail does. */
#define HOLDING(lock, call)                                                                          \
    ({                                                                                               \
        observe_other(&(lock), 1);                                                                   \
        long observed = (long)(call);                                                                \
        observe_other(&(lock), -1);                                                                  \
        observed;                                                                                    \
    })
#define FAILING(call)                                                                                \
    ({                                                                                               \
        observe_failing = 1;                                                                         \
        long observed = (long)(call);                                                                \
        observe_failing = 0;                                                                         \
        observed;                                                                                    \
    })

#define fopen(name, mode) observe_fopen(name)
#define fclose(file) observe_unlock(file)
#define open(name, flags) observe_open(name)
#define close(fd) observe_close(fd)
#define exit(status) observe_exit(status)
#define abort() observe_exit(-6)

#define observe_checked(lock) (observe_failing ? EINVAL : observe_lock(lock))
#define pthread_mutex_lock(lock) observe_checked(lock)
#define pthread_mutex_trylock(lock) observe_try(lock)
#define pthread_mutex_unlock(lock) observe_unlock(lock)
#define pthread_rwlock_rdlock(lock) observe_checked(lock)
#define pthread_rwlock_wrlock(lock) observe_checked(lock)
#define pthread_rwlock_unlock(lock) observe_unlock(lock)
#define pthread_spin_lock(lock) observe_checked((void *)(lock))
#define pthread_spin_trylock(lock) observe_try((void *)(lock))
#define pthread_spin_unlock(lock) observe_unlock((void *)(lock))
#define sem_wait(lock) (observe_failing ? -1 : observe_lock(lock))
#define sem_trywait(lock) (observe_try(lock) ? -1 : 0)
#define sem_post(lock) observe_unlock(lock)
#define mtx_lock(lock) observe_checked(lock)
#define mtx_trylock(lock) (observe_try(lock) ? thrd_busy : thrd_success)
#define mtx_unlock(lock) observe_unlock(lock)
#define flockfile(file) ((void)observe_lock_again(file))
#define funlockfile(file) ((void)observe_unlock(file))

#endif
