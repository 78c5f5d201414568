use chacha20::rand_core::Rng;

use super::*;

/// Nodes on a network in virtual time, which holds packets up at random and loses one in ten.
struct Network {
    now: Duration,
    nodes: BTreeMap<SocketAddr, Membership>,
    /// By when they arrive, and which was sent first.
    packets: BTreeMap<(Duration, u64), (SocketAddr, Vec<u8>)>,
    sent: u64,
    cut: Vec<SocketAddr>,
    /// One packet of so many is lost.
    loss: u32,
    dice: ChaCha8Rng,
}

fn address(number: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7_000 + number))
}

impl Network {
    fn new(seed: u64) -> Self {
        Self {
            now: Duration::ZERO,
            nodes: BTreeMap::new(),
            packets: BTreeMap::new(),
            sent: 0,
            cut: Vec::new(),
            loss: 10,
            dice: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Starts a life that knows the first node's address; it ends one that is there.
    fn start(&mut self, number: u16, name: &str, generation: u64) {
        let address = address(number);
        let me = Member { address, name: name.into(), generation };
        let max = NonZeroUsize::new(1_140).unwrap();
        let seeds = vec![self::address(0)];
        let node = Membership::new(self.now, me, seeds, max, self.dice.next_u64());
        self.nodes.insert(address, node);
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.deliver_to_network();
            let wake = self.nodes.values().map(Membership::next_wake).min();
            let arrival = self.packets.first_key_value().map(|((at, _), _)| *at);
            let next = wake.into_iter().chain(arrival).min().unwrap_or(end);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next.max(self.now);
            while let Some(packet) = self.packets.first_entry().filter(|it| it.key().0 <= self.now)
            {
                let (to, bytes) = packet.remove();
                if let Some(node) = self.nodes.get_mut(&to) {
                    node.receive(self.now, &bytes);
                }
            }
            for node in self.nodes.values_mut() {
                if node.next_wake() <= self.now {
                    node.wake(self.now);
                }
            }
        }
    }

    fn deliver_to_network(&mut self) {
        for (from, node) in &mut self.nodes {
            while let Some((to, bytes)) = node.poll_transmit() {
                assert!(bytes.len() <= 1_140);
                let is_cut = self.cut.contains(from) != self.cut.contains(&to);
                if !is_cut && !self.dice.next_u32().is_multiple_of(self.loss) {
                    let delay = Duration::from_millis(u64::from(1 + self.dice.next_u32() % 150));
                    self.packets.insert((self.now + delay, self.sent), (to, bytes));
                    self.sent += 1;
                }
            }
        }
    }

    /// Whom each node takes to be up, by name.
    fn views(&self) -> Vec<Vec<&str>> {
        let up = |node: &'_ Membership| -> Vec<_> {
            node.members
                .values()
                .filter(|it| it.down_since.is_none())
                .map(|it| it.name.clone())
                .collect()
        };
        let own = |node: &Membership| node.foca.identity().name.clone();
        let mut views = Vec::new();
        for node in self.nodes.values() {
            let mut view: Vec<_> = up(node);
            view.push(own(node));
            view.sort_unstable();
            views.push(view.iter().map(|name| self.interned(name)).collect());
        }
        views
    }

    fn interned(&self, name: &str) -> &str {
        let names = self.nodes.values().map(|it| &it.foca.identity().name);
        names.map(|it| &**it).find(|it| *it == name).unwrap_or("?")
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn who_knows_one_address_comes_to_know_all_and_is_known() {
    for seed in 0..20 {
        let mut network = Network::new(seed);
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        for (number, name) in (0..).zip(names) {
            network.start(number, name, 1);
            network.run(Duration::from_millis(300));
        }
        network.run(seconds(30));
        assert_eq!(network.views(), vec![names.to_vec(); names.len()], "seed {seed}");
    }
}

#[test]
fn who_was_cut_off_for_long_is_back_soon_and_so_are_two_that_lost_each_other() {
    for seed in 0..10 {
        for count in [2, 5] {
            let names = &["a", "b", "c", "d", "e"][..count];
            let mut network = Network::new(seed);
            for (number, name) in (0..).zip(names) {
                network.start(number, name, 1);
            }
            network.run(seconds(20));
            // With losses, one of two is taken for down every now and then, and then comes back.
            network.loss = u32::MAX;
            for cut in [0, 1] {
                network.cut = vec![address(cut)];
                network.run(seconds(120));
                let missed = network.views()[2..].iter().all(|view| view.len() == count - 1);
                assert!(missed, "seed {seed}: {:?}", network.views());
                network.cut.clear();
                network.run(seconds(30));
                assert_eq!(network.views(), vec![names.to_vec(); count], "seed {seed}, {cut} back");
            }
        }
    }
}

#[test]
fn a_later_life_takes_the_place_of_the_former_even_if_nobody_missed_it() {
    for seed in 0..10 {
        let mut network = Network::new(seed);
        for (number, name) in (0..).zip(["a", "b", "c"]) {
            network.start(number, name, 1);
        }
        network.run(seconds(20));
        network.start(2, "d", 2);
        network.run(seconds(30));
        assert_eq!(network.views(), vec![vec!["a", "b", "d"]; 3], "seed {seed}");
        let node = &network.nodes[&address(0)];
        assert_eq!((node.address("c"), node.address("d")), (None, Some(address(2))));
        assert_eq!(node.name(address(2)).map(|it| &**it), Some("d"));
    }
}

#[test]
fn who_is_down_counts_as_a_member_for_a_while_and_no_longer() {
    let mut network = Network::new(1);
    for (number, name) in (0..).zip(["a", "b", "c"]) {
        network.start(number, name, 1);
    }
    network.run(seconds(20));
    network.nodes.remove(&address(2));
    network.run(seconds(120));
    let first = network.nodes.get_mut(&address(0)).unwrap();
    let names = |node: &mut Membership| node.poll_names().map(|it| it.join(" "));
    assert_eq!(names(first).as_deref(), Some("b c"));
    network.run(MISSED_FOR);
    let first = network.nodes.get_mut(&address(0)).unwrap();
    assert_eq!(names(first).as_deref(), Some("b"));
    assert_eq!(names(first), None);
}

#[test]
fn whoever_leaves_is_missed_at_once() {
    let mut network = Network::new(2);
    for (number, name) in (0..).zip(["a", "b", "c"]) {
        network.start(number, name, 1);
    }
    network.run(seconds(20));
    let now = network.now;
    network.nodes.get_mut(&address(2)).unwrap().leave(now);
    network.deliver_to_network();
    network.nodes.remove(&address(2));
    network.run(seconds(3));
    assert_eq!(network.views(), [["a", "b"], ["a", "b"]]);
}
