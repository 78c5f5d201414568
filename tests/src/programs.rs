//! The workspace's programs, built once, and runs of the `glomers` command.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// A program of the workspace, built in the profile of the test that asks.
///
/// # Panics
///
/// If it cannot be built.
pub fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(build).join(name)
}

/// Another package's programs are no concern of Cargo's when it builds this one's tests.
fn build() -> PathBuf {
    // TARGET/PROFILE/deps/TEST
    let test = env::current_exe().expect("the test's own path");
    let folder = test.ancestors().nth(2).expect("the profile's folder").to_owned();
    let target = folder.parent().expect("the target folder");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        // Of the two profiles that share the folder, tests are built in this one.
        Some("debug") => "test",
        Some(name) => name,
        None => panic!("{} is no profile's folder", folder.display()),
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // NAME-HASH
    let name = test.file_stem().and_then(|stem| stem.to_str()?.rsplit_once('-'));
    let (name, _) = name.expect("the test's own name");
    // This very test with the programs: so their dependencies' features are those of the tests, and
    // nothing is built twice.
    let built = Command::new(cargo)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--bins", "-p", "glomers", "-p", "glomers-shims"])
        .args(["-p", env!("CARGO_PKG_NAME"), "--test", name, "--profile", profile])
        .arg("--target-dir")
        .arg(target)
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    folder
}

/// A node in Python, from this package's folder `nodes`.
///
/// # Panics
///
/// If there is no Python to run it, or no such node.
pub fn python_node(name: &str) -> PathBuf {
    static PYTHON: OnceLock<bool> = OnceLock::new();
    let works = *PYTHON.get_or_init(|| {
        let python = Command::new("python3").arg("--version").stdout(Stdio::null()).status();
        python.is_ok_and(|status| status.success())
    });
    assert!(
        works,
        "this test needs python3 on the PATH: nodes in another language are its subject"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("nodes").join(name);
    assert!(path.is_file(), "there is no {}", path.display());
    path
}

/// A `glomers` that has ended.
pub struct Glomers {
    output: Output,
    /// The folder that it ran in, and left its `store` in.
    pub folder: TempDir,
}

/// The words of `glomers test` against a program.
fn of_program(program: &Path, args: &str) -> impl Iterator<Item = OsString> {
    let command = ["test".into(), "--bin".into(), program.into()];
    let args: Vec<_> = args.split_whitespace().map(OsString::from).collect();
    command.into_iter().chain(args)
}

impl Glomers {
    /// Runs it in a folder of its own, with arguments that are separated by spaces.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn run(args: &str) -> Self {
        Self::run_with(args.split_whitespace().map(OsString::from), None)
    }

    /// Runs `glomers test` against a program, in real time.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn test(program: &Path, args: &str) -> Self {
        Self::run_with(of_program(program, args), None)
    }

    /// As [`test`](Self::test), where `temporary` is the folder for what need not be kept.
    ///
    /// # Panics
    ///
    /// If it cannot be run.
    pub fn test_with_temporary(program: &Path, args: &str, temporary: &Path) -> Self {
        Self::run_with(of_program(program, args), Some(temporary))
    }

    fn run_with(args: impl IntoIterator<Item = OsString>, temporary: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let output = Command::new(program("glomers"))
            .envs(temporary.map(|temporary| ("TMPDIR", temporary)))
            .current_dir(&folder)
            .args(args)
            .stdin(Stdio::null())
            .output()
            .expect("glomers runs");
        Self { output, folder }
    }

    /// Its exit status.
    ///
    /// # Panics
    ///
    /// If a signal ended it.
    pub fn status(&self) -> i32 {
        self.output.status.code().unwrap_or_else(|| panic!("it was killed: {}", self.text()))
    }

    /// What it printed.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// What it complained of.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// Both.
    pub fn text(&self) -> String {
        self.stdout() + &self.stderr()
    }

    /// A file of the run's folder in the store.
    ///
    /// # Panics
    ///
    /// If it cannot be read.
    pub fn kept(&self, name: &str) -> String {
        let path = self.folder.path().join("store/latest").join(name);
        fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", path.display(), self.text()))
    }

    /// The operations in its `history.jsonl`, without the first line, which tells whose they are.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn operations(&self) -> String {
        let history = self.kept("history.jsonl");
        history.split_once('\n').expect("a history begins with a header").1.to_owned()
    }

    /// Its `results.json`.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn results(&self) -> Value {
        serde_json::from_str(&self.kept("results.json")).expect("results are JSON")
    }

    /// Checks the exit status.
    ///
    /// # Panics
    ///
    /// With all that was printed, if it is another.
    #[track_caller]
    pub fn assert_status(&self, expected: i32) -> &Self {
        assert_eq!(self.status(), expected, "{}", self.text());
        self
    }

    /// Checks that all these are part of what it printed.
    ///
    /// # Panics
    ///
    /// With all that was printed, if one is not.
    #[track_caller]
    pub fn assert_tells(&self, parts: &[&str]) -> &Self {
        let text = self.text();
        for part in parts {
            assert!(text.contains(part), "{part:?} is missing in:\n{text}");
        }
        self
    }
}
