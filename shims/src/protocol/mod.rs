//! Maelstrom's protocol: lines of JSON, typed.
//!
//! A message is `{"src": …, "dest": …, "body": {…}}`, and a body has a `type`, perhaps a `msg_id`
//! and perhaps an `in_reply_to`; see Maelstrom's
//! [protocol](https://github.com/jepsen-io/maelstrom/blob/main/doc/protocol.md). A node's requests
//! and replies are plain enums: [`Body::decode`] picks the variant by `type`, [`write_line`] writes
//! it back.

mod body;
mod error;
mod message;

pub(crate) use body::OwnedBody;
pub use body::{Body, DecodeError};
pub use error::{Error, ErrorCode};
pub use message::{Envelope, ParseError, write_line};
