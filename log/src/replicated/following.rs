//! What a member says to what it hears.

use std::collections::{BTreeMap, BTreeSet};

use glomers_crdt::{Lattice, MaxMap};

use super::topic::Topic;
use super::turn::{Seat, Turn};
use super::{Acks, Member, Rank, ReplicatedLog};

impl<K: Ord + Clone, V: Clone> Member<K, V> {
    /// Takes notice of what has come from others, `novel`, which has been merged into `log`;
    /// returns the delta by which the others learn that nothing will appear behind it. It is bottom
    /// if there is nothing to be said: nobody answers an answer, and who has
    /// [lost its memory](Self::has_forgotten), which it may learn from `novel`, promises nothing. O(d log n)
    /// for d messages.
    ///
    /// ```
    /// use glomers_crdt::Lattice;
    /// use glomers_log::{Member, ReplicatedLog};
    ///
    /// let (mut ann, mut here) = (Member::new(0, 2).unwrap(), ReplicatedLog::default());
    /// let (mut bob, mut there) = (Member::new(1, 2).unwrap(), ReplicatedLog::default());
    /// let (_, sent) = ann.append(&mut here, &"orders", "rye")?;
    /// there.merge(&sent);
    /// let answer = bob.follow(&mut there, &sent);
    /// here.merge(&answer);
    /// assert!(ann.follow(&mut here, &answer).is_bottom());
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
    pub fn follow(
        &mut self,
        log: &mut ReplicatedLog<K, V>,
        novel: &ReplicatedLog<K, V>,
    ) -> ReplicatedLog<K, V> {
        self.recognise(novel);
        if self.check_memory(log).is_err() {
            return ReplicatedLog::default();
        }
        let mut turns = BTreeMap::new();
        for (key, news) in novel.topics.iter().filter(|(_, news)| !news.entries.is_empty()) {
            if let Some(turn) = self.next_turn(log, key, news) {
                turns.insert(key.clone(), turn);
            }
        }
        let authors = novel.known.iter().map(|(author, ..)| author).collect();
        let mut delta = self.say(log, turns, authors);
        for key in novel.topics.keys() {
            delta.merge(&self.retain(log, key));
        }
        delta
    }

    /// Takes up after a restart: returns the delta by which the others learn what may not have been said
    /// before it, though what it answers had been written down. O(n) for n keys.
    ///
    /// Without it, messages that came just before the end would stay invisible until others follow.
    ///
    /// ```
    /// use glomers_crdt::Lattice;
    /// use glomers_log::{Member, ReplicatedLog};
    ///
    /// let (mut ann, mut here) = (Member::new(0, 2).unwrap(), ReplicatedLog::default());
    /// let (_, sent) = ann.append(&mut here, &"orders", "rye")?;
    ///
    /// // Bob wrote it down, and was gone before he answered.
    /// let mut there = sent;
    /// let mut bob = Member::restore(1, 2, &there).unwrap();
    /// here.merge(&bob.resume(&mut there));
    /// assert_eq!(ann.frontier(&here, &"orders"), 1);
    /// assert!(bob.resume(&mut there).is_bottom(), "all is said");
    /// # Ok::<(), glomers_log::AppendError>(())
    /// ```
    pub fn resume(&mut self, log: &mut ReplicatedLog<K, V>) -> ReplicatedLog<K, V> {
        if self.check_memory(log).is_err() {
            return ReplicatedLog::default();
        }
        let after = log.known.contiguous(self.me);
        let behind = log.topics.iter().filter(|(_, topic)| topic.turn(self.me).clock < topic.end());
        let turns: BTreeMap<K, Turn> = behind
            .map(|(key, topic)| (key.clone(), Turn { clock: topic.end(), after, loan: None }))
            .collect();
        let authors = log.known.iter().map(|(author, ..)| author).collect();
        self.say(log, turns, authors)
    }

    /// Makes these promises, confirms an exclusion, and tells what it holds of `authors`.
    fn say(
        &mut self,
        log: &mut ReplicatedLog<K, V>,
        turns: BTreeMap<K, Turn>,
        authors: BTreeSet<Rank>,
    ) -> ReplicatedLog<K, V> {
        let mut delta = self.confirm(log);
        for (key, turn) in turns {
            self.pace.entry(key.clone()).or_default().said = turn;
            let seats = BTreeMap::from([(self.me, Seat::of(turn))]);
            delta.topics.insert(key, Topic { seats, ..Topic::default() });
        }
        if self.acks != Acks::Local {
            let mut held = MaxMap::default();
            for author in authors {
                // With the first lacking, there is nothing to tell.
                let seq = log.known.contiguous(author);
                if seq > 0 {
                    held.insert(author, seq);
                    self.memory.note_held(author, seq);
                }
            }
            if !held.is_bottom() {
                delta.holdings.insert(self.me, held);
            }
        }
        let delta = delta.difference(log);
        log.merge(&delta);
        delta
    }
}
