//! Uses glomers-crdt where there is no standard library, with all its features but `std`.
//!
//! The panic handler is this program's own. The standard library brings one, too, and a program has
//! one only: if anything here depended on it, this would not build.

#![no_std]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use glomers_crdt::{GCounter, GSet, Lattice, laws};

/// Has no memory to give: this is built, and not run.
struct Nothing;

// SAFETY: null says that there is no memory, and nothing can be given back that was never given out.
unsafe impl GlobalAlloc for Nothing {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Nothing = Nothing;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Keeps what is used from being left out.
#[unsafe(no_mangle)]
extern "C" fn glomers_crdt_no_std(element: u32) -> bool {
    let mut set = GSet::from_iter([1]);
    let delta = set.insert(element);
    let counter = GCounter::from_iter([(element, 1)]);
    laws::check_delta(&GSet::from_iter([1]), &set, &delta).is_ok()
        && laws::check(&counter, &counter, &counter).is_ok()
        && set.includes(&delta)
}
