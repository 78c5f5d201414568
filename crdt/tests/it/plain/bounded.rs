//! Never below zero, without asking anyone.

use glomers_crdt::{BoundedCounter, BoundedError};

use crate::suite::*;

type Stock = BoundedCounter<u8>;

#[derive(Clone, Debug)]
enum Trade {
    Add(u64),
    Subtract(u64),
    Transfer(u8, u64),
}

fn trade() -> impl Strategy<Value = Trade> {
    prop_oneof![
        (0..6_u64).prop_map(Trade::Add),
        (0..6_u64).prop_map(Trade::Subtract),
        (0..3_u8, 0..6_u64).prop_map(|(to, amount)| Trade::Transfer(to, amount)),
    ]
}

fn try_trade(stock: &mut Stock, replica: u8, trade: &Trade) -> Result<Stock, BoundedError> {
    match *trade {
        Trade::Add(amount) => stock.add(replica, amount),
        Trade::Subtract(amount) => stock.subtract(replica, amount),
        Trade::Transfer(to, amount) => stock.transfer(&replica, to, amount),
    }
}

suite!(of_bounded_counter, Stock, trade(), |stock: &mut Stock, at, trade: &Trade| {
    try_trade(stock, at, trade).unwrap_or_default()
});

proptest! {
    #![proptest_config(cases(5000))]

    /// Against one ledger that knows all at once: no interleaving oversells, and rights add up.
    #[test]
    fn the_sum_of_all_is_never_below_zero(steps in script(trade(), 60)) {
        let mut total = 0_u128;
        let log = std::cell::RefCell::new(Vec::new());
        let outcome = run::<Stock, _>(&steps, |stock, at, trade| {
            let before = stock.clone();
            let rights = stock.rights(&at);
            match try_trade(stock, at, trade) {
                Ok(delta) => {
                    log.borrow_mut().push((trade.clone(), rights));
                    delta
                }
                Err(_) => {
                    assert_eq!(*stock, before);
                    let (Trade::Subtract(amount) | Trade::Transfer(_, amount)) = trade else {
                        panic!("{trade:?} failed");
                    };
                    assert!(u128::from(*amount) > rights);
                    Stock::default()
                }
            }
        })?;
        for (trade, rights) in log.into_inner() {
            match trade {
                Trade::Add(amount) => total += u128::from(amount),
                Trade::Subtract(amount) => {
                    prop_assert!(u128::from(amount) <= rights);
                    // In the order in which they really happened.
                    prop_assert!(u128::from(amount) <= total);
                    total -= u128::from(amount);
                }
                Trade::Transfer(..) => {}
            }
        }
        let mut all = Stock::default();
        outcome.deltas.iter().for_each(|delta| {
            all.merge(delta);
        });
        prop_assert_eq!(all.value(), total);
        prop_assert_eq!((0..3).map(|replica| all.rights(&replica)).sum::<u128>(), all.value());
    }
}

#[test]
fn an_overflow_is_an_error_and_changes_nothing() {
    let mut stock = Stock::default();
    stock.add(0, u64::MAX).unwrap();
    stock.add(1, 5).unwrap();
    stock.transfer(&0, 1, u64::MAX).unwrap();
    stock.transfer(&1, 0, u64::MAX).unwrap();
    let before = stock.clone();
    assert!(matches!(stock.add(0, 1), Err(BoundedError::Overflow(_))));
    assert!(matches!(stock.transfer(&0, 1, 1), Err(BoundedError::Overflow(_))));
    stock.subtract(0, u64::MAX).unwrap();
    assert_eq!(stock.subtract(0, 1), Err(BoundedError::TooFewRights { rights: 0, asked: 1 }));
    assert_eq!((before.value(), stock.value()), (u128::from(u64::MAX) + 5, 5));
}

#[cfg(feature = "serde")]
#[test]
fn decoding_rejects_what_no_operation_makes() {
    let read = serde_json::from_str::<Stock>;
    let stock = read(r#"{"p":{"1":5},"n":{"1":2},"t":[[1,2,3]]}"#).unwrap();
    assert_eq!((stock.value(), stock.rights(&2)), (3, 3));
    for wrong in [
        r#"{"p":{},"n":{},"t":[[1,2,3],[1,2,4]]}"#,
        r#"{"p":{},"n":{},"t":[[1,1,3]]}"#,
        r#"{"p":{},"n":{},"t":[[1,2,0]]}"#,
        r#"{"p":{"1":-1},"n":{},"t":[]}"#,
        r#"{"p":{},"n":{}}"#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
