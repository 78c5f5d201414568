//! The lin-kv node on STDIN and STDOUT.

fn main() -> std::process::ExitCode {
    glomers_shims::cli::main::<glomers_shims::nodes::LinKv>()
}
