//! The libraries for text, each as a document that one person edits.

use anyhow::Context;
use automerge::transaction::Transactable;
use automerge::{AutoCommit, ObjId, ObjType, ROOT, ReadDoc};
use diamond_types::list::ListCRDT;
use diamond_types::list::encoding::EncodeOptions;
use glomers_crdt::List;
use loro::{ExportMode, LoroDoc, LoroText, VersionVector};
use yrs::updates::decoder::Decode;
use yrs::{Doc, GetString, ReadTxn, StateVector, Text, TextRef, Transact, Update};

use super::trace::{Edit, Trace};

pub(crate) trait Editor: Sized {
    const NAME: &str;

    fn new() -> anyhow::Result<Self>;

    /// Makes an edit, and whatever is sent to others of it, where the library has such a thing.
    fn edit(&mut self, edit: &Edit) -> anyhow::Result<()>;

    fn text(&self) -> anyhow::Result<String>;

    /// What is written to a disk, or sent to who has nothing.
    fn save(&mut self) -> anyhow::Result<Vec<u8>>;

    /// Takes a whole document into one that is empty.
    fn load(bytes: &[u8]) -> anyhow::Result<Self>;

    /// What a trace leads to.
    fn of(trace: &Trace) -> anyhow::Result<Self> {
        let mut editor = Self::new()?;
        for edit in &trace.edits {
            editor.edit(edit)?;
        }
        Ok(editor)
    }
}

/// Ours: each edit gives a delta, which is dropped.
pub(crate) struct Ours(pub(crate) List<char>);

impl Editor for Ours {
    const NAME: &str = "ours";

    fn new() -> anyhow::Result<Self> {
        Ok(Self(List::default()))
    }

    fn edit(&mut self, edit: &Edit) -> anyhow::Result<()> {
        if edit.removed > 0 {
            std::hint::black_box(self.0.remove_all(edit.at..edit.at + edit.removed)?);
        }
        if !edit.inserted.is_empty() {
            std::hint::black_box(self.0.insert_all(1, edit.at, edit.inserted.chars())?);
        }
        Ok(())
    }

    fn text(&self) -> anyhow::Result<String> {
        Ok(self.0.text())
    }

    fn save(&mut self) -> anyhow::Result<Vec<u8>> {
        Ok(postcard::to_allocvec(&self.0)?)
    }

    fn load(bytes: &[u8]) -> anyhow::Result<Self> {
        Ok(Self(postcard::from_bytes(bytes)?))
    }
}

/// Its edits go into a log of operations, from which what others lack is made when it is asked for.
pub(crate) struct Diamond(pub(crate) ListCRDT);

impl Editor for Diamond {
    const NAME: &str = "diamond-types";

    fn new() -> anyhow::Result<Self> {
        Ok(Self(ListCRDT::new()))
    }

    fn edit(&mut self, edit: &Edit) -> anyhow::Result<()> {
        let agent = self.0.get_or_create_agent_id("ann");
        if edit.removed > 0 {
            self.0.delete_without_content(agent, edit.at..edit.at + edit.removed);
        }
        if !edit.inserted.is_empty() {
            self.0.insert(agent, edit.at, &edit.inserted);
        }
        Ok(())
    }

    fn text(&self) -> anyhow::Result<String> {
        Ok(self.0.branch.content().to_string())
    }

    fn save(&mut self) -> anyhow::Result<Vec<u8>> {
        Ok(self.0.oplog.encode(EncodeOptions::default()))
    }

    fn load(bytes: &[u8]) -> anyhow::Result<Self> {
        Ok(Self(ListCRDT::load_from(bytes)?))
    }
}

pub(crate) struct Yrs {
    doc: Doc,
    text: TextRef,
}

impl Editor for Yrs {
    const NAME: &str = "yrs";

    fn new() -> anyhow::Result<Self> {
        let doc = Doc::new();
        let text = doc.get_or_insert_text("text");
        Ok(Self { doc, text })
    }

    fn edit(&mut self, edit: &Edit) -> anyhow::Result<()> {
        let mut txn = self.doc.transact_mut();
        let at = u32::try_from(edit.at)?;
        if edit.removed > 0 {
            self.text.remove_range(&mut txn, at, u32::try_from(edit.removed)?);
        }
        if !edit.inserted.is_empty() {
            self.text.insert(&mut txn, at, &edit.inserted);
        }
        std::hint::black_box(txn.encode_update_v1());
        Ok(())
    }

    fn text(&self) -> anyhow::Result<String> {
        Ok(self.text.get_string(&self.doc.transact()))
    }

    fn save(&mut self) -> anyhow::Result<Vec<u8>> {
        Ok(self.doc.transact().encode_state_as_update_v1(&StateVector::default()))
    }

    fn load(bytes: &[u8]) -> anyhow::Result<Self> {
        let new = Self::new()?;
        new.doc.transact_mut().apply_update(Update::decode_v1(bytes)?)?;
        Ok(new)
    }
}

pub(crate) struct Loro {
    doc: LoroDoc,
    text: LoroText,
    sent: VersionVector,
}

impl Editor for Loro {
    const NAME: &str = "loro";

    fn new() -> anyhow::Result<Self> {
        let doc = LoroDoc::new();
        let text = doc.get_text("text");
        Ok(Self { sent: doc.oplog_vv(), doc, text })
    }

    fn edit(&mut self, edit: &Edit) -> anyhow::Result<()> {
        if edit.removed > 0 {
            self.text.delete(edit.at, edit.removed)?;
        }
        if !edit.inserted.is_empty() {
            self.text.insert(edit.at, &edit.inserted)?;
        }
        self.doc.commit();
        std::hint::black_box(self.doc.export(ExportMode::updates(&self.sent))?);
        self.sent = self.doc.oplog_vv();
        Ok(())
    }

    fn text(&self) -> anyhow::Result<String> {
        Ok(self.text.to_string())
    }

    fn save(&mut self) -> anyhow::Result<Vec<u8>> {
        Ok(self.doc.export(ExportMode::Snapshot)?)
    }

    fn load(bytes: &[u8]) -> anyhow::Result<Self> {
        let new = Self::new()?;
        new.doc.import(bytes)?;
        Ok(new)
    }
}

pub(crate) struct Automerge {
    doc: AutoCommit,
    text: ObjId,
}

impl Editor for Automerge {
    const NAME: &str = "automerge";

    fn new() -> anyhow::Result<Self> {
        let mut doc = AutoCommit::new();
        let text = doc.put_object(ROOT, "text", ObjType::Text)?;
        Ok(Self { doc, text })
    }

    fn edit(&mut self, edit: &Edit) -> anyhow::Result<()> {
        let removed = isize::try_from(edit.removed)?;
        self.doc.splice_text(&self.text, edit.at, removed, &edit.inserted)?;
        std::hint::black_box(self.doc.save_incremental());
        Ok(())
    }

    fn text(&self) -> anyhow::Result<String> {
        Ok(self.doc.text(&self.text)?)
    }

    fn save(&mut self) -> anyhow::Result<Vec<u8>> {
        Ok(self.doc.save())
    }

    fn load(bytes: &[u8]) -> anyhow::Result<Self> {
        let doc = AutoCommit::load(bytes)?;
        let (_, text) = doc.get(ROOT, "text")?.context("it has no text")?;
        Ok(Self { doc, text })
    }
}
