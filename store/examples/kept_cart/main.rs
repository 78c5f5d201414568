//! A shopping cart that is kept in a folder: `cargo run -p glomers-store --example kept_cart -- FOLDER`.
//!
//! It takes a command a line (`add 2 milk`, `add -1 milk`, `remove milk`, `show`) and answers with a line. When it
//! has answered, what was asked for survives whatever ends it, a power cut included. That is what its test
//! holds it to: it is killed a thousand times, at random moments.

mod cart;

use std::env;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use cart::KeptCart;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [folder] = &arguments[..] else {
        eprintln!("usage: kept_cart FOLDER");
        return ExitCode::from(2);
    };
    match serve(folder.as_ref(), io::stdin().lock(), io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers each line, once what it asks for is kept.
fn serve(folder: &Path, input: impl BufRead, mut output: impl Write) -> Result<(), cart::Error> {
    let mut cart = KeptCart::open(folder)?;
    writeln!(output, "cart: {cart}")?;
    for line in input.lines() {
        match cart.carry_out(&line?)? {
            Ok(()) => writeln!(output, "cart: {cart}")?,
            Err(misunderstood) => writeln!(output, "sorry: {misunderstood}")?,
        }
        output.flush()?;
    }
    cart.close()
}

#[cfg(test)]
mod tests;
