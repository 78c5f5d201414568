//! Types without causal contexts.

use glomers_crdt::{
    BoundedCounter, Dot, GCounter, GMap, GSet, LwwMap, LwwRegister, Max, MaxMap, Min, PnCounter,
    Retiring, Slots, TwoPSet, VersionVector,
};

use crate::{follow, suite::*, watch};

watch!(a_g_set, GSet<u8>, 0..9_u8, |set: &mut GSet<u8>, _, it: &u8| set.insert(*it));
watch!(
    a_two_p_set,
    TwoPSet<u8>,
    (0..6_u8, any::<bool>()),
    |set: &mut TwoPSet<u8>, _, (it, removes): &(u8, bool)| {
        if *removes { set.remove(*it) } else { set.insert(*it).unwrap_or_default() }
    }
);
watch!(a_g_counter, GCounter<u8>, 0..3_u64, |count: &mut GCounter<u8>, at, by: &u64| {
    count.add(at, *by).unwrap()
});
watch!(a_pn_counter, PnCounter<u8>, -2..3_i64, |count: &mut PnCounter<u8>, at, by: &i64| {
    count.add(at, *by).unwrap()
});
watch!(a_max, Max<u8>, 0..5_u8, |max: &mut Max<u8>, _, it: &u8| max.raise(*it));
watch!(a_min, Min<u8>, 0..5_u8, |min: &mut Min<u8>, _, it: &u8| min.lower(*it));
// Few stamps and values, so that writes repeat a value, and two bear one stamp.
watch!(
    an_lww_register,
    LwwRegister<u8, u8>,
    (0..3_u8, 0..6_u8),
    |register: &mut LwwRegister<u8, u8>, _, (value, stamp): &(u8, u8)| {
        register.set(*value, *stamp).unwrap_or_default()
    }
);
watch!(
    a_max_map,
    MaxMap<u8, u8>,
    (0..4_u8, 0..5_u8),
    |map: &mut MaxMap<u8, u8>, _, (key, value): &(u8, u8)| map.insert(*key, *value)
);
watch!(
    a_version_vector,
    VersionVector<u8>,
    (0..4_u8, 0..5_u64),
    |seen: &mut VersionVector<u8>, _, dot: &(u8, u64)| {
        seen.insert(Dot { replica: dot.0, counter: dot.1 })
    }
);
watch!(
    a_g_map,
    GMap<u8, GSet<u8>>,
    (0..4_u8, 0..5_u8),
    |map: &mut GMap<u8, GSet<u8>>, _, (key, it): &(u8, u8)| map.update(*key, |set| set.insert(*it))
);

type Map = LwwMap<u8, u8, u8>;

watch!(an_lww_map, Map, (0..4_u8, 0..5_u8, 0..9_u8, 0..9_u8), |map: &mut Map,
                                                               _,
                                                               (key, value, stamp, kind): &(
    u8,
    u8,
    u8,
    u8
)| {
    match kind {
        0 => Ok(map.prune(*stamp)),
        1..4 => map.remove(*key, *stamp),
        _ => map.insert(*key, *value % 3, *stamp),
    }
    .unwrap_or_default()
});

type Stock = BoundedCounter<u8>;

watch!(a_bounded_counter, Stock, (0..3_u8, 0..4_u64, 0..3_u8), |stock: &mut Stock,
                                                                at,
                                                                (kind, amount, to): &(
    u8,
    u64,
    u8
)| {
    match kind {
        0 => stock.add(at, *amount),
        1 => stock.subtract(at, *amount),
        _ => stock.transfer(&at, *to, *amount),
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

/// Whose slot, and to what end; or up to whom to retire.
fn slots() -> impl Strategy<Value = (u8, i64, bool)> {
    (0..5_u8, -3..4_i64, prop::bool::weighted(0.2))
}

watch!(a_retiring_g_counter, Retiring<GCounter<u8>>, slots(), |state: &mut Retiring<
    GCounter<u8>,
>,
                                                               _,
                                                               (name, by, retires): &(
    u8,
    i64,
    bool
)| {
    if *retires {
        retire(state, *name)
    } else {
        state.add(*name, by.unsigned_abs()).unwrap_or_default()
    }
});
watch!(a_retiring_pn_counter, Retiring<PnCounter<u8>>, slots(), |state: &mut Retiring<
    PnCounter<u8>,
>,
                                                                 _,
                                                                 (name, by, retires): &(
    u8,
    i64,
    bool
)| {
    if *retires { retire(state, *name) } else { state.add(*name, *by).unwrap_or_default() }
});
watch!(
    a_retiring_version_vector,
    Retiring<VersionVector<u8>>,
    slots(),
    |state: &mut Retiring<VersionVector<u8>>, _, (name, by, retires): &(u8, i64, bool)| {
        let dot = Dot { replica: *name, counter: by.unsigned_abs() };
        if *retires { retire(state, *name) } else { state.insert(dot) }
    }
);
