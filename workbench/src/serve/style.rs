//! How pages look.

use crate::report::escape;

const STYLE: &str = include_str!("runs.css");

/// The beginning of a page, up to its content.
pub(super) fn head(title: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><main>",
        escape(title)
    )
}
