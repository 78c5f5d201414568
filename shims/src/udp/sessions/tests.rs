use proptest::prelude::*;

use super::*;

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// The same for all lives that are made from one seed, and no two numbers alike.
fn draw(seed: u64) -> Draw {
    let mut state = seed;
    Draw(Box::new(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
    }))
}

fn key(digit: char) -> Key {
    Key::parse(&String::from(digit).repeat(64)).unwrap()
}

fn life(port: u16, generation: u64, digit: char) -> Sessions {
    let seed = u64::from(port) << 32 | generation;
    Sessions::new(address(port), "demo", Some(key(digit)), generation, draw(seed))
}

const NOW: Duration = Duration::ZERO;

/// Carries all that is under way between two; returns what their users got, the first's first, and all datagrams.
fn carry(a: &mut Sessions, b: &mut Sessions) -> (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut got_a, mut got_b, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let (from_a, from_b) = (a.poll_transmit(), b.poll_transmit());
        if from_a.is_none() && from_b.is_none() {
            return (got_a, got_b, seen);
        }
        if let Some((_, datagram)) = from_a {
            got_b.extend(b.receive(NOW, a.me, &datagram));
            seen.push(datagram);
        }
        if let Some((_, datagram)) = from_b {
            got_a.extend(a.receive(NOW, b.me, &datagram));
            seen.push(datagram);
        }
    }
}

#[test]
fn what_is_sent_arrives_and_what_was_overheard_is_of_no_use() {
    let (mut a, mut b) = (life(1, 100, '1'), life(2, 100, '1'));
    a.send(NOW, b.me, b"one");
    a.send(NOW, b.me, b"two");
    let (_, got, overheard) = carry(&mut a, &mut b);
    assert_eq!(got, [b"one", b"two"]);
    assert!(overheard.iter().all(|it| !it.windows(3).any(|it| it == b"one")));

    for datagram in &overheard {
        assert_eq!(b.receive(NOW, a.me, datagram), None);
        assert_eq!(a.receive(NOW, b.me, datagram), None);
    }
    assert_eq!(b.dropped().replayed, 2);
    // Nor in another's name, nor to another life or another node.
    let mut again = life(2, 101, '1');
    let mut other = life(3, 100, '1');
    for datagram in &overheard {
        assert_eq!(b.receive(NOW, address(9), datagram), None);
        assert_eq!(again.receive(NOW, a.me, datagram), None);
        assert_eq!(other.receive(NOW, a.me, datagram), None);
    }
    // All this has not disturbed anybody.
    carry(&mut a, &mut b);
    b.send(NOW, a.me, b"three");
    a.send(NOW, b.me, b"four");
    let (got_a, got_b, _) = carry(&mut a, &mut b);
    assert_eq!((got_a, got_b), (vec![b"three".to_vec()], vec![b"four".to_vec()]));
}

#[test]
fn a_new_life_is_found_out_and_an_old_one_is_void() {
    let (mut a, mut b) = (life(1, 100, '1'), life(2, 100, '1'));
    a.send(NOW, b.me, b"before");
    carry(&mut a, &mut b);
    let mut b = life(2, 200, '1');
    a.send(NOW, b.me, b"lost");
    assert_eq!(carry(&mut a, &mut b).1, Vec::<Vec<u8>>::new());
    a.send(NOW, b.me, b"after");
    assert_eq!(carry(&mut a, &mut b).1, [b"after"]);

    // A life whose clock was put back is told, and goes on as a later one.
    let mut a = life(1, 50, '1');
    a.send(NOW, b.me, b"lost");
    assert_eq!(carry(&mut a, &mut b).1, Vec::<Vec<u8>>::new());
    a.send(NOW, b.me, b"from the past");
    assert_eq!(carry(&mut a, &mut b).1, [b"from the past"]);
    assert_eq!(a.life.generation, 101);
}

#[test]
fn strangers_are_counted_and_cost_no_memory() {
    let mut node = life(1, 100, '1');
    let mut stranger = life(2, 100, '2');
    let mut neighbour = Sessions::new(address(3), "other", Some(key('1')), 100, draw(3));
    let mut open = Sessions::new(address(4), "demo", None, 100, draw(4));
    for other in [&mut stranger, &mut neighbour, &mut open] {
        other.send(NOW, node.me, b"let me in");
        let (_, datagram) = other.poll_transmit().unwrap();
        for _ in 0..1_000 {
            assert_eq!(node.receive(NOW, other.me, &datagram), None);
        }
        node.receive(NOW, other.me, &datagram[..20]);
        node.receive(NOW, other.me, b"");
    }
    let Dropped { foreign, other_cluster, forged, .. } = node.dropped();
    assert_eq!((foreign, other_cluster, forged), (6, 1_000, 2_000));
    assert!(node.known.is_empty());
    assert_eq!(node.poll_transmit(), None);
    // Whoever has no key takes nothing that is sealed for one.
    node.send(NOW, open.me, b"secret");
    let (_, datagram) = node.poll_transmit().unwrap();
    assert_eq!(open.receive(NOW, node.me, &datagram), None);
    assert_eq!(open.dropped().forged, 1);
}

#[test]
fn who_does_not_answer_is_asked_again_and_then_given_up() {
    let mut a = life(1, 100, '1');
    for number in 0..100_u8 {
        a.send(NOW, address(2), &[number]);
    }
    let mut asked = Vec::new();
    while let Some((to, _)) = a.poll_transmit() {
        asked.push((NOW, to));
    }
    while let Some(at) = a.next_wake() {
        a.wake(at);
        while let Some((to, _)) = a.poll_transmit() {
            asked.push((at, to));
        }
    }
    let times: Vec<_> = asked.iter().map(|(at, _)| at.as_millis()).collect();
    assert_eq!(times, [0, 100, 300, 700, 1_500, 3_100]);
    assert_eq!(a.dropped().unanswered, 100);
}

#[test]
fn more_others_than_can_be_known_make_a_new_life_and_nothing_comes_twice() {
    let mut node = life(1, 100, '1');
    let mut first = life(2, 100, '1');
    first.send(NOW, node.me, b"once");
    let (_, got, overheard) = carry(&mut first, &mut node);
    assert_eq!(got, [b"once"]);
    for port in 0..1_500 {
        let mut other = life(10_000 + port, 100, '1');
        other.send(NOW, node.me, b"hello");
        let (_, mut got, _) = carry(&mut other, &mut node);
        if got.is_empty() {
            other.send(NOW, node.me, b"hello");
            got = carry(&mut other, &mut node).1;
        }
        assert_eq!(got, [b"hello"], "{port}");
    }
    assert_eq!(node.known.len(), MAX_SESSIONS);
    for datagram in &overheard {
        assert_eq!(node.receive(NOW, first.me, datagram), None);
    }
}

proptest! {
    /// However datagrams are lost, doubled, held up and sent again later, and whoever begins anew: nothing comes
    /// twice, and in the end all that is sent arrives.
    #[test]
    fn nothing_comes_twice(
        steps in prop::collection::vec((0..8_u8, any::<prop::sample::Index>()), 1..300),
    ) {
        let mut nodes = [life(1, 100, '1'), life(2, 100, '1')];
        let (mut overheard, mut sent, mut got) = (Vec::new(), 0_u64, Vec::new());
        let mut now = NOW;
        for (step, index) in steps {
            let at = index.index(2);
            match step {
                0..=2 => {
                    let to = nodes[1 - at].me;
                    nodes[at].send(now, to, &sent.to_be_bytes());
                    sent += 1;
                }
                3 if !overheard.is_empty() => {
                    let (from, to, datagram): &(SocketAddr, usize, Vec<u8>) = index.get(&overheard);
                    got.extend(nodes[*to].receive(now, *from, datagram));
                }
                4 => nodes[at] = life(nodes[at].me.port(), nodes[at].life.generation + 1, '1'),
                5 => {
                    now += Duration::from_millis(100);
                    for node in &mut nodes {
                        node.wake(now);
                    }
                }
                _ => {
                    let from = nodes[at].me;
                    if let Some((_, datagram)) = nodes[at].poll_transmit() {
                        if step == 6 {
                            got.extend(nodes[1 - at].receive(now, from, &datagram));
                        }
                        overheard.push((from, 1 - at, datagram));
                    }
                }
            }
        }
        let [a, b] = &mut nodes;
        for _ in 0..4 {
            // What was lost is asked again, or given up.
            for node in [&mut *a, &mut *b] {
                while let Some(at) = node.next_wake() {
                    node.wake(at);
                    if !node.outgoing.is_empty() {
                        break;
                    }
                }
            }
            let (one, other, _) = carry(a, b);
            got.extend(one);
            got.extend(other);
            a.send(now, b.me, &sent.to_be_bytes());
            sent += 1;
        }
        let (one, other, _) = carry(a, b);
        prop_assert!(other.contains(&(sent - 1).to_be_bytes().to_vec()));
        got.extend(one);
        got.extend(other);
        let all = got.len();
        got.sort_unstable();
        got.dedup();
        prop_assert_eq!(got.len(), all);
    }
}
