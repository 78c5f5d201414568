use super::*;

mod bonds;
mod convergence;
mod network;
mod places;
mod planned;
mod vigilance;

use network::PULSE;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Long after the trees were made: whoever was not heard from since is in doubt.
const NOW: Duration = Duration::from_secs(10);

fn tree(me: u32, size: u32, fan_out: u32) -> Tree {
    Tree::new(Duration::ZERO, me, size, fan_out)
}

fn steps(tree: &mut Tree) -> Vec<Step> {
    std::iter::from_fn(|| tree.poll()).collect()
}

fn standing(root: u32, hops: u32, tie: Tie) -> Standing {
    Standing { root, hops, tie, version: 1 }
}

/// What is done about a message.
fn hear(tree: &mut Tree, from: u32, standing: Standing) -> Vec<Step> {
    tree.hear(NOW, PULSE, from, Some(standing));
    steps(tree)
}

/// What is done about a message whose sender stands where it should.
fn hear_as_planned(tree: &mut Tree, from: u32) -> Vec<Step> {
    tree.hear(NOW, PULSE, from, None);
    steps(tree)
}

/// What is done about an answer that did not come.
fn miss(tree: &mut Tree, rank: u32) -> Vec<Step> {
    tree.miss(NOW, PULSE, rank, 1, true);
    steps(tree)
}

fn wake(tree: &mut Tree, now: Duration) -> Vec<Step> {
    tree.wake(now, PULSE);
    steps(tree)
}

/// One of 40, with 3 and then 0 above it, and nobody below; it has just lost 3.
fn orphan() -> Tree {
    let mut tree = tree(20, 40, 12);
    assert_eq!(miss(&mut tree, 3), [Step::Rise]);
    tree
}
