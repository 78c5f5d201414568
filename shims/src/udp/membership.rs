use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::rc::Rc;
use std::time::Duration;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use foca::{
    Config, Foca, Identity, NoCustomBroadcast, Notification, PostcardCodec, Runtime, Timer,
};
use serde::{Deserialize, Serialize};

/// How often a node announces itself to those it misses.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(1);
/// How long one counts as a member that is said to be down. That it is, is a hint: a slow node is declared down
/// by healthy ones, too.
const MISSED_FOR: Duration = Duration::from_secs(600);
/// For how many nodes the times are made.
const CLUSTER_SIZE: u32 = 32;

/// Who is in the cluster, as SWIM finds out (Das, Gupta, Motivala, 2002): foca, and what it leaves to its user.
/// No input or output, and no clock, is in it.
///
/// What foca 2.0.0 wants to be told, and is told here:
///
/// - Who is declared down comes back under a new identity only. So an identity is an address with a generation
///   that grows.
/// - A node that nobody answers goes idle for good, and one that has just come back under a new identity asks
///   nobody whether it is up. So it announces itself to the addresses it was given and to
///   those that it misses, again and again, by a timer of this type's own.
/// - A restarted node may show up as the new name of the old one, without having been down. So members are known
///   by their addresses.
/// - Timers come once each, those that are due in foca's order.
pub(super) struct Membership {
    foca: Foca<Member, PostcardCodec, ChaCha8Rng, NoCustomBroadcast>,
    effects: Effects,
    /// By when they are due, foca's order, and which was set first.
    timers: BTreeMap<(Duration, u8, u64), Timer<Member>>,
    timers_set: u64,
    seeds: Vec<SocketAddr>,
    announce_at: Duration,
    members: BTreeMap<SocketAddr, Known>,
    has_changed: bool,
}

/// A node, in one of its lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) address: SocketAddr,
    pub(super) name: Rc<str>,
    /// That of a later life is higher.
    pub(super) generation: u64,
}

#[derive(Debug)]
struct Known {
    name: Rc<str>,
    generation: u64,
    /// Since when it is said to be down, if it is.
    down_since: Option<Duration>,
}

#[derive(Default)]
struct Effects {
    packets: Vec<(SocketAddr, Vec<u8>)>,
    timers: Vec<(Duration, Timer<Member>)>,
    news: Vec<News>,
    /// Whether anybody has answered this life, and foca asks whether the others are up.
    is_connected: bool,
}

enum News {
    Up(Member),
    Down(Member),
    /// Another life, which is up or down as the former was.
    Renamed(Member),
}

impl Identity for Member {
    type Addr = SocketAddr;

    fn renew(&self) -> Option<Self> {
        Some(Self { generation: self.generation.saturating_add(1), ..self.clone() })
    }

    fn addr(&self) -> SocketAddr {
        self.address
    }

    fn win_addr_conflict(&self, adversary: &Self) -> bool {
        self.generation > adversary.generation
    }
}

impl Runtime<Member> for Effects {
    fn notify(&mut self, notification: Notification<'_, Member>) {
        match notification {
            Notification::MemberUp(it) => self.news.push(News::Up(it.clone())),
            Notification::Rename(_, it) => self.news.push(News::Renamed(it.clone())),
            Notification::MemberDown(it) => self.news.push(News::Down(it.clone())),
            Notification::Rejoin(it) => {
                tracing::info!(generation = it.generation, "declared down, and back again");
                self.is_connected = false;
            }
            Notification::Active => self.is_connected = true,
            Notification::Idle | Notification::Defunct => self.is_connected = false,
        }
    }

    fn send_to(&mut self, to: Member, data: &[u8]) {
        self.packets.push((to.address, data.to_vec()));
    }

    fn submit_after(&mut self, timer: Timer<Member>, after: Duration) {
        self.timers.push((after, timer));
    }
}

impl Membership {
    /// Joins whoever is at one of the `seeds`. Packets are no longer than `max_packet`.
    pub(super) fn new(
        now: Duration,
        me: Member,
        seeds: Vec<SocketAddr>,
        max_packet: NonZeroUsize,
        seed: u64,
    ) -> Self {
        let size = NonZeroU32::new(CLUSTER_SIZE).unwrap_or(NonZeroU32::MIN);
        let mut config = Config::new_lan(size);
        config.max_packet_size = max_packet;
        let seeds = seeds.into_iter().filter(|it| *it != me.address).collect();
        Self {
            foca: Foca::new(me, config, ChaCha8Rng::seed_from_u64(seed), PostcardCodec),
            effects: Effects::default(),
            timers: BTreeMap::new(),
            timers_set: 0,
            seeds,
            announce_at: now,
            members: BTreeMap::new(),
            has_changed: false,
        }
    }

    /// Takes in a packet of another node's.
    pub(super) fn receive(&mut self, now: Duration, packet: &[u8]) {
        self.input(now, |foca, effects| foca.handle_data(packet, effects));
    }

    /// Does what is due.
    pub(super) fn wake(&mut self, now: Duration) {
        while let Some(timer) = self.timers.first_entry().filter(|it| it.key().0 <= now) {
            let timer = timer.remove();
            self.input(now, |foca, effects| foca.handle_timer(timer, effects));
        }
        if self.announce_at <= now {
            self.announce_at = now + ANNOUNCE_EVERY;
            self.announce(now);
        }
        let before = self.members.len();
        self.members.retain(|_, it| it.down_since.is_none_or(|since| now < since + MISSED_FOR));
        self.has_changed |= self.members.len() < before;
    }

    /// Asks to be let in by those that are not known to be up, or by all if nobody is known to have heard of this
    /// life: the addresses that were given, and whoever was there before. Whoever was cut off comes back so, and
    /// two that lost each other.
    fn announce(&mut self, now: Duration) {
        let is_up = |address: &SocketAddr| {
            self.effects.is_connected
                && self.members.get(address).is_some_and(|member| member.down_since.is_none())
        };
        let missing: BTreeSet<_> =
            self.seeds.iter().chain(self.members.keys()).copied().filter(|it| !is_up(it)).collect();
        for address in missing {
            // Whoever is there answers to its address, whatever its name and life.
            let member = Member { address, name: Rc::from(""), generation: 0 };
            self.input(now, |foca, effects| foca.announce(member, effects));
        }
    }

    /// Tells the others that this node goes.
    pub(super) fn leave(&mut self, now: Duration) {
        self.input(now, |foca, effects| foca.leave_cluster(effects));
    }

    /// When [`wake`](Self::wake) is to be called, if nothing comes before.
    pub(super) fn next_wake(&self) -> Duration {
        let timer = self.timers.first_key_value().map(|((at, ..), _)| *at);
        timer.map_or(self.announce_at, |at| at.min(self.announce_at))
    }

    /// The next packet to be sent, and where to.
    pub(super) fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        (!self.effects.packets.is_empty()).then(|| self.effects.packets.remove(0))
    }

    pub(super) fn has_changed(&self) -> bool {
        self.has_changed
    }

    /// The others' names, if they have changed since they were asked for.
    pub(super) fn poll_names(&mut self) -> Option<Vec<Rc<str>>> {
        std::mem::take(&mut self.has_changed)
            .then(|| self.members.values().map(|it| Rc::clone(&it.name)).collect())
    }

    /// Where a node is: its latest life, if two had the name.
    pub(super) fn address(&self, name: &str) -> Option<SocketAddr> {
        let named = self.members.iter().filter(|(_, it)| *it.name == *name);
        named.max_by_key(|(_, it)| it.generation).map(|(address, _)| *address)
    }

    /// Who is at an address.
    pub(super) fn name(&self, address: SocketAddr) -> Option<&Rc<str>> {
        self.members.get(&address).map(|it| &it.name)
    }

    fn input(
        &mut self,
        now: Duration,
        input: impl FnOnce(
            &mut Foca<Member, PostcardCodec, ChaCha8Rng, NoCustomBroadcast>,
            &mut Effects,
        ) -> Result<(), foca::Error>,
    ) {
        if let Err(error) = input(&mut self.foca, &mut self.effects) {
            tracing::debug!(%error, "the list of members goes on without an input");
        }
        for (after, timer) in self.effects.timers.drain(..) {
            self.timers_set += 1;
            self.timers.insert((now + after, order(&timer), self.timers_set), timer);
        }
        for news in std::mem::take(&mut self.effects.news) {
            self.learn(now, &news);
        }
    }

    fn learn(&mut self, now: Duration, news: &News) {
        let (News::Up(member) | News::Down(member) | News::Renamed(member)) = news;
        let Member { address, name, generation } = member.clone();
        let known = self.members.get(&address);
        let down_since = match (news, known) {
            (_, Some(known)) if known.generation > generation => return,
            (News::Down(_) | News::Renamed(_), None) => return,
            (News::Up(_), _) => None,
            (News::Down(_), Some(known)) => Some(known.down_since.unwrap_or(now)),
            (News::Renamed(_), Some(known)) => known.down_since,
        };
        tracing::info!(%address, name = &*name, is_up = down_since.is_none(), "a member");
        self.has_changed |= known.is_none_or(|it| it.name != name);
        self.members.insert(address, Known { name, generation, down_since });
    }
}

/// In which order timers go that are due together: foca's own.
fn order(timer: &Timer<Member>) -> u8 {
    match timer {
        Timer::SendIndirectProbe { .. } => 0,
        Timer::ProbeRandomMember(_) => 1,
        Timer::ChangeSuspectToDown { .. } => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests;
