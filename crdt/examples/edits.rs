//! What edits of a long list and merges of it cost: `cargo run --release -p glomers-crdt --example edits`.
#![expect(clippy::print_stdout, reason = "it is there to be read")]

use std::time::Instant;

use glomers_crdt::{Decompose, Lattice, List, ListError};

const EDITS: usize = 100_000;

type Text = List<char, u64>;

/// A random number below `end`, the same in every run.
fn below(seed: &mut u64, end: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).map_or(0, |number| number % end)
}

fn timed<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = act();
    println!("{what:<52} {:>9.2} ms", start.elapsed().as_secs_f64() * 1e3);
    done
}

fn edit(text: &mut Text, seed: &mut u64, replica: u64, edits: usize) -> Result<(), ListError> {
    for _ in 0..edits {
        if !text.is_empty() && below(seed, 4) == 0 {
            text.remove(below(seed, text.len()))?;
        } else {
            text.insert(replica, below(seed, text.len() + 1), 'x')?;
        }
    }
    Ok(())
}

fn main() -> Result<(), ListError> {
    let (mut text, mut seed) = (Text::default(), 1);
    timed("100,000 edits anywhere, a quarter of them removes", || {
        edit(&mut text, &mut seed, 1, EDITS)
    })?;
    println!("  which leave {} elements", text.len());
    let mut typed = Text::default();
    timed("100,000 letters typed in a row", || {
        (0..EDITS).try_for_each(|at| typed.insert(2, at, 'y').map(drop))
    })?;
    let mut fork = text.clone();
    edit(&mut fork, &mut seed, 3, 1000)?;
    let delta = timed("what a fork has that edited 1,000 more", || fork.difference(&text));
    timed("merging that", || text.merge(&delta));
    timed("merging the fork, which is known by then", || text.merge(&fork));
    timed("merging all into a list of another's letters", || typed.merge(&text));
    timed("reading all", || text.iter().count());
    timed("10,000 looks at an index, and back", || {
        (0..10_000)
            .filter_map(|_| text.index_of(&text.id(below(&mut seed, text.len()))?))
            .sum::<usize>()
    });
    let mut rebuilt = Text::default();
    timed("all elements one by one, whatever their parents", || {
        for part in text.parts() {
            rebuilt.merge(&Text::from_parts([part]));
        }
    });
    println!("  which make the same list: {}", rebuilt == text);
    Ok(())
}
