/* Runs every case of a batch: each run without a fault, then with one at each step, each in a process
 * of its own. Prints one JSON trace a line, as `tests/behaviour/trace.rs` reads it. */
#include "observe.h"
#undef exit
#undef abort
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"

/* More events than this is a loop that a fault made endless. */
#define RUNAWAY 400
#define MOST_LOCKS 16
#define BLOCKED_SECONDS 5

int observe_failing;
int rcu;

struct known {
    const void *lock;
    int depth;
    int others;
};
static struct known known[64];
static int known_count;

static const void *watched[MOST_LOCKS];
static int watched_count;
static int initial[MOST_LOCKS];

static struct {
    const char *name;
    int held[MOST_LOCKS];
} events[RUNAWAY];
static int event_count;

static int *steps;
static int fault_at;
static int current_case;
static int current_run;

static struct known *find(const void *lock)
{
    for (int i = 0; i < known_count; i++)
        if (known[i].lock == lock)
            return &known[i];
    known[known_count].lock = lock;
    return &known[known_count++];
}

static void print_depths(const int *depths)
{
    for (int i = 0; i < watched_count; i++)
        printf("%s%d", i ? "," : "", depths[i]);
}

static _Noreturn void report(const char *kind, const char *text, bool alive)
{
    int last[MOST_LOCKS];
    printf("{\"case\":%d,\"run\":%d,\"fault\":%d,\"initial\":[", current_case, current_run, fault_at);
    print_depths(initial);
    printf("],\"events\":[");
    for (int i = 0; i < event_count; i++) {
        printf("%s{\"name\":\"%s\",\"held\":[", i ? "," : "", events[i].name);
        print_depths(events[i].held);
        printf("]}");
    }
    for (int i = 0; i < watched_count; i++)
        last[i] = alive ? find(watched[i])->depth : initial[i];
    printf("],\"outcome\":{\"kind\":\"%s\",\"text\":\"%s\"},\"final\":[", kind, text);
    print_depths(last);
    printf("]}\n");
    fflush(stdout);
    _exit(0);
}

static _Noreturn void hang(void)
{
    report("hang", "", true);
}

static void blocked(int signal)
{
    (void)signal;
    hang();
}

void note(const char *name)
{
    if (event_count == RUNAWAY)
        report("throw", "runaway", true);
    for (int i = 0; i < watched_count; i++)
        events[event_count].held[i] = find(watched[i])->depth;
    events[event_count++].name = name;
}

int step(const char *name)
{
    note(name);
    return ++*steps == fault_at ? -1 : 0;
}

static int take(const void *lock)
{
    struct known *at = find(lock);
    if (at->depth + at->others > 0)
        return EBUSY;
    at->depth++;
    return 0;
}

int observe_try(const void *lock)
{
    /* What the program has forgotten to free, it cannot take: `tests/behaviour/law.rs` knows the name. */
    if (find(lock)->depth > 0)
        note("refused to itself");
    return take(lock);
}

int observe_lock(const void *lock)
{
    if (take(lock))
        hang();
    return 0;
}

int observe_lock_again(const void *lock)
{
    find(lock)->depth++;
    return 0;
}

int observe_unlock(const void *lock)
{
    struct known *at = find(lock);
    if (at->depth == 0)
        note("a release of a free lock");
    at->depth--;
    return 0;
}

FILE *observe_fopen(const void *name)
{
    if (observe_failing)
        return NULL;
    observe_lock(name);
    return (FILE *)name;
}

/* One file at a time: its number is always the same. */
static const void *descriptor;

int observe_open(const void *name)
{
    if (observe_failing)
        return -1;
    observe_lock(name);
    descriptor = name;
    return 7;
}

int observe_close(int fd)
{
    (void)fd;
    return observe_unlock(descriptor);
}

void observe_other(const void *lock, int by)
{
    find(lock)->others += by;
}

_Noreturn void observe_exit(int status)
{
    char text[32];
    note("exit");
    snprintf(text, sizeof text, "exit %d", status);
    report("throw", text, false);
}

static void execute(void)
{
    char text[32];
    watched_count = cases[current_case].locks(watched);
    signal(SIGALRM, blocked);
    alarm(BLOCKED_SECONDS);
    snprintf(text, sizeof text, "%ld", cases[current_case].call(current_run));
    report("value", text, true);
}

/* One execution in a process of its own; gives the number of its steps. */
static int observe(void)
{
    *steps = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        execute();
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        printf("{\"case\":%d,\"error\":\"run %d, fault %d: status %d\"}\n", current_case, current_run,
               fault_at, status);
        return 0;
    }
    return *steps;
}

int main(void)
{
    steps = mmap(NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (current_case = 0; current_case < (int)(sizeof cases / sizeof *cases); current_case++)
        for (current_run = 0; current_run < cases[current_case].runs; current_run++) {
            fault_at = 0;
            int count = observe();
            for (fault_at = 1; fault_at <= count; fault_at++)
                observe();
        }
    return 0;
}
