//! A release, packed from what is built already: what is in the archive, and that it works.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use glomers_tests::programs::program;

fn done(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(status.success(), "{command:?}: {}{}", text(&stdout), text(&stderr));
    text(&stdout)
}

/// The one folder's one file that ends so.
fn ending(folder: &Path, end: &str) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let found: Vec<_> = files.filter(|it| it.to_str().unwrap().ends_with(end)).collect();
    let [file] = &found[..] else { panic!("{end} in {}: {found:?}", folder.display()) };
    file.clone()
}

#[test]
fn an_archive_has_programs_pages_and_completions_and_its_checksum_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/release");
    let programs = program("glomers").parent().unwrap().to_owned();
    let pack = |into: &str| {
        let into = folder.path().join(into);
        done(Command::new(&script).arg(&into).env("PROGRAMS", &programs));
        into
    };
    let packed = pack("archives");
    let archive = ending(&packed, ".tar.gz");
    done(
        Command::new("sha256sum")
            .args(["--check", "--strict"])
            .arg(ending(&packed, ".sha256"))
            .current_dir(&packed),
    );

    let root = folder.path().join("usr");
    fs::create_dir(&root).unwrap();
    let unpack = ["--strip-components=1", "-C", root.to_str().unwrap(), "-xzf"];
    done(Command::new("tar").args(unpack).arg(&archive));
    let version = done(Command::new(root.join("bin/glomers")).arg("--version"));
    assert_eq!(version, format!("glomers {}\n", env!("CARGO_PKG_VERSION")));
    assert!(
        archive.to_str().unwrap().contains(&format!("/glomers-{}-", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(fs::read_dir(root.join("bin")).unwrap().count(), 1, "no `echo` on anybody's PATH");
    let nodes = fs::read_dir(root.join("libexec/glomers")).unwrap().map(|it| it.unwrap().path());
    let nodes: Vec<_> = nodes.collect();
    assert_eq!(nodes.len(), glomers_shims::nodes::SHIMS.len());
    for node in &nodes {
        done(Command::new(node).arg("--version"));
    }
    let share = |path: &str| {
        let path = root.join("share").join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    for (path, part) in [
        ("man/man1/glomers.1", ".TH"),
        ("man/man1/glomers-test.1", "nemesis"),
        ("bash-completion/completions/glomers", "complete -F _glomers"),
        ("zsh/site-functions/_glomers", "#compdef glomers"),
        ("fish/vendor_completions.d/glomers.fish", "complete -c glomers"),
        ("doc/glomers/README.md", "# Glomers"),
        ("doc/glomers/workbench.md", "the workbench"),
        ("doc/glomers/CHANGELOG.md", "Unreleased"),
        ("doc/glomers/LICENSE-MIT", ""),
        ("doc/glomers/LICENSE-APACHE", ""),
    ] {
        assert!(share(path).contains(part), "{path}");
    }

    let again = fs::read(ending(&pack("again"), ".tar.gz")).unwrap();
    assert!(again == fs::read(&archive).unwrap(), "the same programs give the same archive");
}
