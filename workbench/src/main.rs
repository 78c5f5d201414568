//! The `glomers` command.

fn main() -> std::process::ExitCode {
    glomers::cli::main()
}
