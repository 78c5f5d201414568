//! The txn-list-append node on STDIN and STDOUT.

fn main() -> std::process::ExitCode {
    glomers_shims::nodes::programs::txn_list_append()
}
