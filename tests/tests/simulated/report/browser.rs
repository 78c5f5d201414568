//! A browser without a window.

use std::env;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The variable that names the browser: without it nothing is looked at.
const VARIABLE: &str = "CHROMIUM";

/// Chromium, as a program of its own for each page.
pub(crate) struct Browser(PathBuf);

/// What a page looks like.
pub(crate) struct Screenshot {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Red, green and blue of each point, row by row.
    pixels: Vec<[u8; 3]>,
}

impl Browser {
    /// The one that the environment names, if it does; says so if not.
    pub(crate) fn new() -> Option<Self> {
        let program = env::var_os(VARIABLE).filter(|program| !program.is_empty());
        if program.is_none() {
            eprintln!("{VARIABLE} names no browser: the report is not looked at");
        }
        program.map(|program| Self(program.into()))
    }

    fn run(&self, args: &[String]) -> String {
        let profile = tempfile::tempdir().unwrap();
        let output = Command::new(&self.0)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-sync"])
            .args(["--disable-component-update", "--hide-scrollbars"])
            .args(["--virtual-time-budget=20000", "--timeout=60000"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", self.0.display()));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The page as it is once its scripts have run; `hash` is the end of its address.
    pub(crate) fn dom(&self, page: &Path, hash: &str) -> String {
        self.dom_at(&format!("file://{}#{hash}", page.display()))
    }

    /// The same of any address.
    pub(crate) fn dom_at(&self, address: &str) -> String {
        self.run(&["--dump-dom".to_owned(), address.to_owned()])
    }

    pub(crate) fn screenshot(&self, page: &Path, hash: &str, height: usize) -> Screenshot {
        self.screenshot_at(&format!("file://{}#{hash}", page.display()), height)
    }

    /// The same of any address.
    pub(crate) fn screenshot_at(&self, address: &str, height: usize) -> Screenshot {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("page.png");
        self.run(&[
            format!("--window-size=1280,{height}"),
            format!("--screenshot={}", picture.display()),
            address.to_owned(),
        ]);
        Screenshot::read(&picture)
    }
}

impl Screenshot {
    fn read(path: &Path) -> Self {
        let decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        let samples = info.color_type.samples();
        assert!(samples >= 3, "{:?}", info.color_type);
        let pixels = bytes[..info.buffer_size()].chunks(samples).map(|it| [it[0], it[1], it[2]]);
        let (width, height) = (info.width as usize, info.height as usize);
        Self { width, height, pixels: pixels.collect() }
    }

    /// How many points of some rows have about that colour.
    pub(crate) fn count(&self, rows: std::ops::Range<usize>, colour: [u8; 3]) -> usize {
        let near = |pixel: &&[u8; 3]| pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 3);
        self.pixels[rows.start * self.width..rows.end * self.width].iter().filter(near).count()
    }

    /// How many points of some columns have about that colour.
    pub(crate) fn count_across(&self, columns: std::ops::Range<usize>, colour: [u8; 3]) -> usize {
        let near = |pixel: &[u8; 3]| pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 3);
        let rows = self.pixels.chunks(self.width);
        rows.map(|row| row[columns.clone()].iter().filter(|pixel| near(pixel)).count()).sum()
    }

    /// How many colours there are.
    pub(crate) fn colours(&self) -> usize {
        self.pixels.iter().collect::<std::collections::BTreeSet<_>>().len()
    }
}
