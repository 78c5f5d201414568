//! The g-counter node on STDIN and STDOUT.

fn main() -> std::process::ExitCode {
    glomers_shims::nodes::programs::g_counter()
}
