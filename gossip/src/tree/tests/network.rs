//! Trees that talk to each other, as replicas have them do: with traffic in rounds, questions that
//! are repeated until they are answered, and messages that overtake each other or never come.

use std::collections::BTreeSet;

use super::*;
use crate::simulation::Dice;

const PERIOD: Duration = Duration::from_millis(400);
const DELAY: Duration = Duration::from_millis(100);
pub(super) const PULSE: Pulse = Pulse {
    silence: Duration::from_millis(600),
    watch: Some(Duration::from_secs(1)),
    patience: Duration::from_millis(250),
    pause: Duration::from_secs(1),
};

#[derive(Clone, Copy, Debug)]
enum Event {
    Deliver { from: u32, to: u32, standing: Option<Standing>, is_urgent: bool },
    Overdue { me: u32, peer: u32 },
    Greet { me: u32, peer: u32 },
    Round { me: u32 },
    Wake { me: u32 },
}

/// What a replica keeps of a peer, as far as the tree depends on it.
#[derive(Clone, Debug, Default)]
struct Peer {
    is_linked: bool,
    version: u32,
    failures: u32,
    wary: u8,
    /// When an answer is overdue.
    overdue_at: Option<Duration>,
    /// What is to be said to it, and whether it is to answer.
    word: Option<Word>,
    press: bool,
}

pub(super) struct Network {
    now: Duration,
    dice: Dice,
    pub(super) trees: Vec<Tree>,
    peers: Vec<Vec<Peer>>,
    /// When each is woken.
    wakes: Vec<Option<Duration>>,
    /// Pairs, in either order, that cannot reach each other.
    cut: BTreeSet<(u32, u32)>,
    has_traffic: bool,
    fan_out: u32,
    agenda: BTreeMap<(Duration, u64), Event>,
    events: u64,
}

impl Network {
    pub(super) fn new(seed: u64, size: u32, fan_out: u32) -> Self {
        let trees: Vec<_> =
            (0..size).map(|me| Tree::new(Duration::ZERO, me, size, fan_out)).collect();
        let mut peers = vec![vec![Peer::default(); trees.len()]; trees.len()];
        for (tree, peers) in trees.iter().zip(&mut peers) {
            for rank in tree.children().chain(tree.parent()) {
                peers[index(rank)].is_linked = true;
            }
        }
        Self {
            now: Duration::ZERO,
            dice: Dice::new(seed),
            wakes: vec![None; trees.len()],
            trees,
            peers,
            cut: BTreeSet::new(),
            has_traffic: false,
            fan_out,
            agenda: BTreeMap::new(),
            events: 0,
        }
    }

    /// From now on these cannot reach each other, and no others.
    pub(super) fn cut(&mut self, cut: impl IntoIterator<Item = (u32, u32)>) {
        self.cut = cut.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]).collect();
    }

    pub(super) fn reaches(&self, from: u32, to: u32) -> bool {
        !self.cut.contains(&(from, to))
    }

    /// From now on something comes up everywhere in each round.
    pub(super) fn start_traffic(&mut self) {
        if !std::mem::replace(&mut self.has_traffic, true) {
            for me in self.ranks() {
                let at = self.dice.within(PERIOD);
                self.plan(at, Event::Round { me });
            }
        }
    }

    pub(super) fn stop_traffic(&mut self) {
        self.has_traffic = false;
        self.agenda.retain(|_, event| !matches!(event, Event::Round { .. }));
    }

    pub(super) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.agenda.first_entry().filter(|next| next.key().0 <= end) {
            let ((now, _), event) = next.remove_entry();
            self.now = now;
            let me = self.handle(event);
            self.carry_out_steps(me);
            let tree = self.tree(me);
            let children = tree.children.difference(&tree.missing).count();
            assert!(children <= index(self.fan_out), "{me} has too many children");
            let wake = tree.next_wake();
            if let Some(at) = wake
                && self.wakes[index(me)] != wake
            {
                self.plan(at.saturating_sub(now), Event::Wake { me });
            }
            self.wakes[index(me)] = wake;
        }
        self.now = end;
    }

    pub(super) fn ranks(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.trees.len()).unwrap()
    }

    pub(super) fn tree(&self, rank: u32) -> &Tree {
        &self.trees[index(rank)]
    }

    fn peer(&mut self, me: u32, peer: u32) -> &mut Peer {
        &mut self.peers[index(me)][index(peer)]
    }

    fn plan(&mut self, wait: Duration, event: Event) {
        self.events += 1;
        self.agenda.insert((self.now + wait, self.events), event);
    }

    /// Returns to whom it happened.
    fn handle(&mut self, event: Event) -> u32 {
        let now = self.now;
        match event {
            Event::Deliver { from, to, standing, is_urgent } => {
                if self.reaches(from, to) {
                    self.deliver(from, to, standing, is_urgent);
                }
                to
            }
            Event::Overdue { me, peer } => {
                let state = self.peer(me, peer);
                if state.overdue_at == Some(now) {
                    state.overdue_at = None;
                    state.failures += 1;
                    let (times, is_reliable) = (state.failures, state.wary == 0);
                    self.say(me, peer, Word::Ask, true);
                    self.trees[index(me)].miss(now, PULSE, peer, times, is_reliable);
                }
                me
            }
            Event::Greet { me, peer } => {
                self.say(me, peer, Word::Say, true);
                me
            }
            Event::Round { me } => {
                for peer in self.ranks() {
                    let state = self.peer(me, peer);
                    if state.is_linked && state.failures == 0 {
                        self.say(me, peer, Word::Say, true);
                    }
                }
                self.plan(PERIOD, Event::Round { me });
                me
            }
            Event::Wake { me } => {
                if self.wakes[index(me)] == Some(now) {
                    self.wakes[index(me)] = None;
                    self.trees[index(me)].wake(now, PULSE);
                }
                me
            }
        }
    }

    fn deliver(&mut self, from: u32, to: u32, standing: Option<Standing>, is_urgent: bool) {
        let now = self.now;
        let peer = self.peer(to, from);
        let version = standing.map_or(0, |standing| standing.version);
        let is_news = version >= peer.version;
        peer.version = peer.version.max(version);
        peer.wary = if peer.failures == 1 { 20 } else { peer.wary.saturating_sub(1) };
        (peer.failures, peer.overdue_at) = (0, None);
        let tree = &mut self.trees[index(to)];
        if is_news {
            tree.hear(now, PULSE, from, standing);
        } else {
            tree.hear_late(now, PULSE, from);
        }
        if is_urgent {
            self.say(to, from, Word::Say, false);
        }
    }

    fn say(&mut self, me: u32, peer: u32, word: Word, press: bool) {
        let state = self.peer(me, peer);
        state.word = state.word.max(Some(word));
        state.press |= press;
    }

    fn carry_out_steps(&mut self, me: u32) {
        while let Some(step) = self.trees[index(me)].poll() {
            match step {
                Step::Rise => {}
                Step::Adopt { to, .. } => {
                    let peer = self.peer(me, to);
                    (peer.is_linked, peer.failures) = (true, 0);
                    self.say(me, to, Word::Say, true);
                }
                Step::Leave(peer) => {
                    let peer = self.peer(me, peer);
                    (peer.is_linked, peer.failures, peer.overdue_at) = (false, 0, None);
                }
                Step::Take(peer) => {
                    if !std::mem::replace(&mut self.peer(me, peer).is_linked, true) {
                        let wait = self.dice.within(PERIOD);
                        self.plan(wait, Event::Greet { me, peer });
                    }
                }
                Step::Say(peer) => self.say(me, peer, Word::Say, false),
                Step::Ask(peer) => {
                    let is_suspected = self.peer(me, peer).failures > 0;
                    if self.tree(me).parent().is_none() || !is_suspected {
                        self.say(me, peer, Word::Ask, false);
                    }
                }
                Step::Refuse(peer) => self.say(me, peer, Word::Refuse, false),
                Step::Verify(peer) => {
                    let state = self.peer(me, peer);
                    if state.failures == 0 && state.overdue_at.is_none() {
                        self.say(me, peer, Word::Say, true);
                    }
                }
            }
        }
        for peer in self.ranks() {
            self.speak(me, peer);
        }
    }

    fn speak(&mut self, me: u32, peer: u32) {
        let now = self.now;
        let state = self.peer(me, peer);
        let Some(mut word) = state.word.take() else { return };
        let is_urgent = std::mem::take(&mut state.press);
        if state.failures > 0 {
            word = word.max(Word::Ask);
        }
        if is_urgent && state.is_linked && state.overdue_at.is_none() {
            let doubled = PULSE.patience * (1 << state.failures.saturating_sub(1).min(16));
            let wait = doubled.min(PULSE.pause);
            state.overdue_at = Some(now + wait);
            self.plan(wait, Event::Overdue { me, peer });
        }
        let standing = self.tree(me).standing(now, PULSE, peer, word);
        let delay = self.dice.within(DELAY);
        self.plan(delay, Event::Deliver { from: me, to: peer, standing, is_urgent });
    }
}

pub(super) fn index(rank: u32) -> usize {
    usize::try_from(rank).unwrap()
}
