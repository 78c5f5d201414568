//! Types without causal contexts.

use glomers_crdt::{
    BoundedCounter, Dot, GCounter, GMap, GSet, LwwMap, LwwRegister, Max, MaxMap, Min, PnCounter,
    Retiring, Slots, TwoPSet, VersionVector,
};

use super::watch;

watch!(a_g_set, GSet<u8>, [9], |set, _, [it]| set.insert(it));
watch!(a_two_p_set, TwoPSet<u8>, [6, 2], |set, _, [it, removes]| {
    if removes == 1 { set.remove(it) } else { set.insert(it).unwrap_or_default() }
});
watch!(a_g_counter, GCounter<u8>, [3], |count, at, [by]| { count.add(at, by.into()).unwrap() });
watch!(a_pn_counter, PnCounter<u8>, [5], |count, at, [by]| {
    count.add(at, i64::from(by) - 2).unwrap()
});
watch!(a_max, Max<u8>, [5], |max, _, [it]| max.raise(it));
watch!(a_min, Min<u8>, [5], |min, _, [it]| min.lower(it));
// Few stamps and values, so that writes repeat a value, and two bear one stamp.
watch!(an_lww_register, LwwRegister<u8, u8>, [3, 6], |register, _, [value, stamp]| {
    register.set(value, stamp).unwrap_or_default()
});
watch!(a_max_map, MaxMap<u8, u8>, [4, 5], |map, _, [key, value]| map.insert(key, value));
watch!(a_version_vector, VersionVector<u8>, [4, 5], |seen, _, [replica, counter]| {
    seen.insert(Dot { replica, counter: counter.into() })
});
watch!(a_g_map, GMap<u8, GSet<u8>>, [4, 5], |map, _, [key, it]| map.update(key, |set| set.insert(it)));

type Map = LwwMap<u8, u8, u8>;

watch!(an_lww_map, Map, [4, 3, 9, 9], |map, _, [key, value, stamp, kind]| {
    match kind {
        0 => Ok(map.prune(stamp)),
        1..4 => map.remove(key, stamp),
        _ => map.insert(key, value, stamp),
    }
    .unwrap_or_default()
});

type Stock = BoundedCounter<u8>;

watch!(a_bounded_counter, Stock, [3, 4, 3], |stock, at, [kind, amount, to]| {
    match kind {
        0 => stock.add(at, amount.into()),
        1 => stock.subtract(at, amount.into()),
        _ => stock.transfer(&at, to, amount.into()),
    }
    .unwrap_or_default()
});

#[test]
fn a_bounded_counter_shows_each_replicas_rights() {
    let mut stock = Stock::default();
    stock.add(1, 9).unwrap();
    stock.transfer(&1, 2, 4).unwrap();
    stock.subtract(2, 4).unwrap();
    let (value, rights) = glomers_crdt::Changes::view(&stock);
    assert_eq!(value, 5);
    assert!((0..4).all(|it| rights.get(&it).copied().unwrap_or(0) == stock.rights(&it)));
    assert_eq!(rights.len(), 1);
}

/// Without a look at anyone, so that what others do not know of is lost, and values go back.
fn retire<C: Slots<Replica = u8>>(state: &mut Retiring<C>, bound: u8) -> Retiring<C> {
    let members: Vec<(u8, Retiring<C>)> = (bound..5).map(|it| (it, Retiring::default())).collect();
    state.retire_below(bound, members.iter().map(|(name, state)| (name, state))).unwrap()
}

watch!(a_retiring_g_counter, Retiring<GCounter<u8>>, [5, 7, 5], |state, _, [name, by, kind]| {
    if kind == 0 { retire(state, name) } else { state.add(name, by.into()).unwrap_or_default() }
});
watch!(a_retiring_pn_counter, Retiring<PnCounter<u8>>, [5, 7, 5], |state, _, [name, by, kind]| {
    if kind == 0 {
        retire(state, name)
    } else {
        state.add(name, i64::from(by) - 3).unwrap_or_default()
    }
});
watch!(
    a_retiring_version_vector,
    Retiring<VersionVector<u8>>,
    [5, 7, 5],
    |state, _, [name, by, kind]| {
        let dot = Dot { replica: name, counter: by.into() };
        if kind == 0 { retire(state, name) } else { state.insert(dot) }
    }
);
