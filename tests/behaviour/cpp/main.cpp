// Runs every case in turn: each run without a fault, then with one at each step, each in a process of
// its own. Prints one JSON trace a line. Appended to the programs, behind their table.

namespace observed {
int (*locks[8])();
int lock_count;
int steps, fault_at, event_count;
std::string report;

// What the process of a run tells the one that started it.
static struct Shared {
    int steps;
    bool ended;
} *shared;

void end(const char *kind) {
    report += std::string("],\"outcome\":{\"kind\":\"") + kind + "\",\"text\":";
}

[[noreturn]] static void leave() {
    report += "},\"final\":";
    put_held();
    report += "}\n";
    shared->steps = steps;
    for (std::size_t written = 0; written < report.size();) {
        const ssize_t more = write(1, report.data() + written, report.size() - written);
        if (more <= 0)
            break;
        written += std::size_t(more);
    }
    shared->ended = true;
    // Threads and statics of the program may hold anything by now.
    _exit(0);
}

[[noreturn]] static void leave_by(const char *kind, const char *text) {
    end(kind);
    put_text(text);
    leave();
}

// Ways to end that no handler of the program sees.
static void hang(int) { leave_by("hang", ""); }
static void aborted(int) { leave_by("throw", "the program ends at once"); }
static void exited() { leave_by("throw", "the program exits"); }

[[noreturn]] static void run(int id, int number, int fault) {
    select(id);
    fault_at = fault;
    report = "{\"case\":" + std::to_string(id) + ",\"run\":" + std::to_string(number)
           + ",\"fault\":" + std::to_string(fault) + ",\"initial\":";
    put_held();
    report += ",\"events\":[";
    std::signal(SIGALRM, hang);
    std::signal(SIGABRT, aborted);
    std::atexit(exited);
    alarm(1);
    try {
        call(id, number);
    } catch (const std::exception &error) {
        end("throw");
        put_text(error.what());
    } catch (...) {
        end("throw");
        put_text("something");
    }
    alarm(0);
    leave();
}

// How many steps the run took; less than none when it did not come to its end.
static int observe(int id, int number, int fault) {
    *shared = {0, false};
    const pid_t child = fork();
    if (child == 0)
        run(id, number, fault);
    int status = 0;
    waitpid(child, &status, 0);
    if (shared->ended)
        return shared->steps;
    std::printf(
        "{\"case\":%d,\"error\":\"run %d, fault %d: ended with %d\"}\n", id, number, fault, status
    );
    std::fflush(stdout);
    return -1;
}
} // namespace observed

int main() {
    using observed::shared;
    void *page = mmap(
        nullptr, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0
    );
    shared = static_cast<observed::Shared *>(page);
    for (const auto &program : programs)
        for (int number = 0; number < program.runs; ++number)
            for (int fault = 0, steps = 0; fault <= steps; ++fault) {
                const int taken = observed::observe(program.id, number, fault);
                if (fault == 0)
                    steps = taken;
                if (taken < 0)
                    break;
            }
}
