use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::paths::at;

/// One line of a journal.
#[derive(Debug)]
pub struct Entry<'a> {
    /// When, in nanoseconds since the load began; negative before that.
    pub time: i64,
    /// What happened.
    pub what: What<'a>,
}

/// What a line of a journal says.
#[derive(Debug)]
pub enum What<'a> {
    /// A message was sent.
    Sent {
        /// Its number.
        id: u64,
        /// Who sent it.
        src: Cow<'a, str>,
        /// Whom it is for.
        dest: Cow<'a, str>,
        /// What it says: a JSON object.
        body: &'a str,
    },
    /// A message was delivered.
    Received(u64),
    /// A message was lost at random.
    Lost(u64),
    /// A partition dropped a message.
    Dropped(u64),
    /// A message was for a node that was not running.
    Unheard(u64),
    /// A client begins an operation.
    Operation {
        /// The operation's place in the history.
        op: usize,
        /// The client.
        client: Cow<'a, str>,
    },
}

/// A journal on disk. It is read line by line, as often as need be, and never as a whole.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
    load: i64,
}

#[derive(Deserialize)]
struct Line<'a> {
    t: u64,
    send: Option<u64>,
    #[serde(borrow)]
    src: Option<Cow<'a, str>>,
    #[serde(borrow)]
    dest: Option<Cow<'a, str>>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    recv: Option<u64>,
    lost: Option<u64>,
    dropped: Option<u64>,
    unheard: Option<u64>,
    op: Option<usize>,
    #[serde(borrow)]
    client: Option<Cow<'a, str>>,
    load: Option<u64>,
}

impl Journal {
    /// Opens one, and looks for when its load begins: at the beginning if it never does.
    ///
    /// # Errors
    ///
    /// What the file system reports; `InvalidData` naming a line that is none of a journal's.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut journal = Self { path: path.to_owned(), load: 0 };
        let mut load = None;
        journal.lines(|line| {
            load = line.load.map(|_| line.t);
            Ok(load.is_none())
        })?;
        journal.load = load.map_or(0, signed);
        Ok(journal)
    }

    /// Reads it from beginning to end.
    ///
    /// # Errors
    ///
    /// What the file system reports; `InvalidData` naming a line that is none of a journal's.
    pub fn read(&self, mut each: impl FnMut(Entry<'_>)) -> io::Result<()> {
        self.lines(|line| {
            let time = signed(line.t) - self.load;
            if let Some(what) = line.what()? {
                each(Entry { time, what });
            }
            Ok(true)
        })
    }

    /// Reads lines for as long as `each` wants more.
    fn lines(
        &self,
        mut each: impl FnMut(Line<'_>) -> Result<bool, serde_json::Error>,
    ) -> io::Result<()> {
        let mut input = BufReader::with_capacity(1 << 18, at(&self.path, File::open(&self.path))?);
        let (mut text, mut number) = (Vec::new(), 0_u64);
        while at(&self.path, input.read_until(b'\n', &mut text))? > 0 {
            number += 1;
            match serde_json::from_slice::<Line<'_>>(&text).and_then(&mut each) {
                Ok(true) => text.clear(),
                Ok(false) => break,
                Err(error) => {
                    let what = format!("{}: line {number}: {error}", self.path.display());
                    return Err(io::Error::new(io::ErrorKind::InvalidData, what));
                }
            }
        }
        Ok(())
    }
}

impl<'a> Line<'a> {
    /// What it says; nothing of when the load begins.
    fn what(self) -> Result<Option<What<'a>>, serde_json::Error> {
        Ok(Some(match self {
            Self { send: Some(id), src: Some(src), dest: Some(dest), body: Some(body), .. } => {
                What::Sent { id, src, dest, body: body.get() }
            }
            Self { recv: Some(id), .. } => What::Received(id),
            Self { lost: Some(id), .. } => What::Lost(id),
            Self { dropped: Some(id), .. } => What::Dropped(id),
            Self { unheard: Some(id), .. } => What::Unheard(id),
            Self { op: Some(op), client: Some(client), .. } => What::Operation { op, client },
            Self { load: Some(_), .. } => return Ok(None),
            _ => return Err(serde::de::Error::custom("it says nothing that a journal says")),
        }))
    }
}

fn signed(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}
