// One execution of one program: `program case run fault`. Appended to the programs.

namespace observed {
int (*locks[8])();
int lock_count;
int steps, fault_at, event_count;

void end(const char *kind) {
    std::printf("],\"outcome\":{\"kind\":\"%s\",\"text\":", kind);
}

static void hang(int) {
    end("hang");
    std::printf("\"\"},\"final\":");
    put_held();
    std::printf(",\"steps\":%d}\n", steps);
    std::fflush(stdout);
    _exit(0);
}

static void run(int id, int number, int fault) {
    select(id);
    fault_at = fault;
    std::printf("{\"case\":%d,\"run\":%d,\"fault\":%d,\"initial\":", id, number, fault);
    put_held();
    std::printf(",\"events\":[");
    std::signal(SIGALRM, hang);
    alarm(1);
    // A buffer of its own: the value comes behind the events.
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
    std::printf("},\"final\":");
    put_held();
    std::printf(",\"steps\":%d}\n", steps);
    std::fflush(stdout);
}
} // namespace observed

int main(int, char **arguments) {
    observed::run(std::atoi(arguments[1]), std::atoi(arguments[2]), std::atoi(arguments[3]));
    // Threads and statics of the program may hold anything by now.
    _exit(0);
}
