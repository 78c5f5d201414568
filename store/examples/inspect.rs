//! Looks at the journal in a folder, and can save what is whole of it into another folder:
//! `cargo run -p glomers-store --example inspect -- FOLDER [NEW-FOLDER]`
//!
//! Exit status: 0 whole, or with an end that would be cut off; 1 damaged; 2 for a wrong command line; 3 if it
//! could not be read or saved.

#![expect(clippy::print_stdout, reason = "what is found is what is asked for")]

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use glomers_store::{Directory, Verdict, inspect, salvage};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let outcome = match &arguments[..] {
        [folder] => look(folder.as_ref()),
        [folder, new] => save(folder.as_ref(), new.as_ref()),
        _ => {
            eprintln!("usage: inspect FOLDER [NEW-FOLDER]");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(3)
    })
}

fn existing(folder: &Path) -> Result<Directory, Box<dyn Error>> {
    if !folder.is_dir() {
        return Err(format!("{} is no folder", folder.display()).into());
    }
    Ok(Directory::new(folder)?)
}

fn look(folder: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let inspection = inspect(&existing(folder)?)?;
    println!("{inspection}");
    Ok(match inspection.verdict {
        Verdict::Empty | Verdict::Whole | Verdict::Torn(_) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn save(folder: &Path, new: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let saved = salvage(&existing(folder)?, Arc::new(Directory::new(new)?))?;
    println!("{saved}");
    Ok(ExitCode::SUCCESS)
}
