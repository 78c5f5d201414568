//! What a journal promises, checked from without: one program, which is linked once.

mod common;
mod damage;
mod every_byte;
mod faults;
mod power;
mod shared;
mod traits;
