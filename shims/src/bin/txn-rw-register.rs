//! The txn-rw-register node on STDIN and STDOUT.

fn main() -> std::process::ExitCode {
    glomers_shims::nodes::programs::txn_rw_register()
}
