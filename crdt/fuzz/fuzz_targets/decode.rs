//! Decodes whatever bytes come, as any of the types, and holds what is accepted against the laws. The
//! first byte names the type, the second the format.
#![no_main]
#![allow(dead_code, reason = "the tests use all of it")]

#[path = "../../tests/it/wire/checks.rs"]
mod checks;
#[path = "../../tests/it/wire/subjects.rs"]
mod subjects;

use std::cell::OnceCell;

use libfuzzer_sys::fuzz_target;
use subjects::Subject;

thread_local! {
    static SUBJECTS: OnceCell<Vec<Subject>> = const { OnceCell::new() };
}

fuzz_target!(|input: &[u8]| {
    SUBJECTS.with(|subjects| {
        if let Some((subject, format, bytes)) =
            subjects::choose(subjects.get_or_init(subjects::subjects), input)
        {
            (subject.check)(format, bytes);
        }
    });
});
