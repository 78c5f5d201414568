//! The broadcast node on STDIN and STDOUT.

fn main() -> std::process::ExitCode {
    glomers_shims::nodes::programs::broadcast()
}
