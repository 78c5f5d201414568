//! The lin-kv node on STDIN and STDOUT.

fn main() -> std::process::ExitCode {
    glomers_shims::nodes::programs::lin_kv()
}
