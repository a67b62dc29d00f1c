/* What GLib has for its locks, as its macros and inline functions do it, over observed locks. */
#ifndef GLIB_H
#define GLIB_H

#include "observe.h"

typedef int gboolean;
#define FALSE 0
#define TRUE 1

typedef struct {
    int depth;
} GMutex;
typedef GMutex GRWLock;

#define g_mutex_lock(lock) ((void)observe_lock(lock))
#define g_mutex_trylock(lock) (observe_try(lock) == 0)
#define g_mutex_unlock(lock) ((void)observe_unlock(lock))
#define g_rw_lock_writer_lock(lock) ((void)observe_lock(lock))
#define g_rw_lock_writer_unlock(lock) ((void)observe_unlock(lock))

typedef void GMutexLocker;
typedef void GRWLockWriterLocker;

static inline GMutexLocker *g_mutex_locker_new(GMutex *lock)
{
    g_mutex_lock(lock);
    return lock;
}

static inline void g_mutex_locker_free(GMutexLocker *locker)
{
    if (locker)
        g_mutex_unlock(locker);
}

#define g_rw_lock_writer_locker_new g_mutex_locker_new
#define g_rw_lock_writer_locker_free g_mutex_locker_free

static inline void glib_free_locker(void *variable)
{
    g_mutex_locker_free(*(GMutexLocker **)variable);
}

#define g_autoptr(type) __attribute__((cleanup(glib_free_locker))) type *
#define G_MUTEX_AUTO_LOCK(lock, name)                                                                \
    __attribute__((unused)) g_autoptr(GMutexLocker) name = g_mutex_locker_new(lock)

#define g_clear_pointer(pointer, destroy)                                                            \
    do {                                                                                             \
        void *cleared = *(pointer);                                                                  \
        *(pointer) = NULL;                                                                           \
        if (cleared)                                                                                 \
            (destroy)(cleared);                                                                      \
    } while (0)

/* A string whose end is seen. */
static inline char *made(const char *name)
{
    note(name);
    return (char *)name;
}
static inline void glib_free_string(char **string)
{
    if (*string)
        note("freed");
}
#define g_autofree __attribute__((cleanup(glib_free_string)))

#endif
