//! The `lockfix` program.

fn main() -> std::process::ExitCode {
    lockfix::cli::main()
}
