// What the programs are observed with. Included once, in front of all of them.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#if __cplusplus >= 201402L
#include <shared_mutex>
#endif
#if __cplusplus >= 201703L
#include <optional>
#include <string_view>
#endif
#if __cplusplus >= 202002L
#include <coroutine>
#endif

namespace observed {

// More events than this is a loop that a fault made endless.
constexpr int runaway = 400;

struct Fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// How deep a lock is held, by what the C library keeps of it.
inline int depth_of(pthread_mutex_t &m) {
    auto data = m.__data;
    return (data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE ? int(data.__count) : int(data.__lock != 0);
}
inline int depth_of(pthread_rwlock_t &l) {
    return l.__data.__cur_writer != 0 ? 1 : int(l.__data.__readers >> 3);
}
template <class Lock>
auto depth_of(Lock &lock) -> decltype(depth_of(*lock.native_handle())) {
    return depth_of(*lock.native_handle());
}
#if __cplusplus >= 201402L
inline int depth_of(std::shared_timed_mutex &m) {
    return depth_of(reinterpret_cast<pthread_rwlock_t &>(m));
}
#endif
#if __cplusplus >= 201703L
inline int depth_of(std::shared_mutex &m) {
    return depth_of(reinterpret_cast<pthread_rwlock_t &>(m));
}
#endif
// Locks that count by themselves.
template <class Lock> auto depth_of(Lock &lock) -> decltype(int(lock.held)) {
    return lock.held;
}

extern int (*locks[8])();
extern int lock_count;
extern int steps, fault_at, event_count;

// What is to be reported, in one piece once the run has ended.
extern std::string report;

inline void put_text(const char *text) {
    report += '"';
    for (; *text != 0; ++text) {
        if (*text == '"' || *text == '\\')
            report += '\\';
        report += *text == '\n' ? ' ' : *text;
    }
    report += '"';
}

inline void put_held() {
    report += '[';
    for (int i = 0; i < lock_count; ++i)
        report += (i == 0 ? "" : ",") + std::to_string(locks[i]());
    report += ']';
}

inline void record(const char *name) {
    if (++event_count > runaway)
        throw std::runtime_error("runaway");
    report += event_count == 1 ? "{\"name\":" : ",{\"name\":";
    put_text(name);
    report += ",\"held\":";
    put_held();
    report += '}';
}

inline void fail_in_turn(const char *name) {
    record(name);
    if (++steps == fault_at)
        throw Fault(std::string("fault in ") + name);
}

template <class Value> Value step(const char *name, Value value) {
    fail_in_turn(name);
    return value;
}

inline void step(const char *name) { fail_in_turn(name); }

// A local whose destructor can be seen.
struct Probe {
    const char *name;
    explicit Probe(const char *own) : name(own) { record(own); }
    Probe(const Probe &other) : name(other.name) { record("copy"); }
    ~Probe() {
        std::string end = std::string("~") + name;
        record(end.c_str());
    }
};

// A number whose end can be seen.
struct Number : Probe {
    int value;
    Number(const char *own, int number) : Probe(own), value(number) {}
};

// Calls `body` while another thread holds the lock.
template <class Lock, class Body> void holding(Lock &lock, Body body) {
    std::atomic<int> stage{0};
    std::thread other([&] {
        lock.lock();
        stage = 1;
        while (stage != 2)
            std::this_thread::yield();
        lock.unlock();
    });
    while (stage != 1)
        std::this_thread::yield();
    try {
        body();
    } catch (...) {
        stage = 2;
        other.join();
        throw;
    }
    stage = 2;
    other.join();
}

template <class Value> void show(const Value &value) {
    std::ostringstream text;
    text << value;
    put_text(text.str().c_str());
}

void end(const char *kind);

} // namespace observed

using observed::holding;
using observed::Number;
using observed::Probe;
using observed::step;
