//! What Elle would say of a history, asked as Maelstrom asks it.
//!
//! The facts are those of Elle 0.2.2: which anomalies it looks for, what it calls them, and that it
//! tells of a cycle by the first dependency that it can explain between two transactions.

use std::collections::BTreeSet;

use super::analysis::{Dependencies, analyse};
use super::cycles::{Class, Cycle, Variant};
use super::graph::Relations;
use super::manner::Manner;
use super::model::{Model, forbidden};
use super::transactions::Datatype;
use crate::check::Valid;
use crate::history::History;

/// No transaction depends on another.
const EMPTY: &str = "empty-transaction-graph";

/// The verdict, and the names of what is reported.
pub(super) fn judge(
    history: &History,
    models: &[Model],
    datatype: Datatype,
) -> (Valid, BTreeSet<String>) {
    let forbidden = forbidden(models);
    let found = analyse(history, models, datatype, Manner::Elle, |cases, dependencies| {
        let data = cases.names().filter(|name| !is_cycle(name, dependencies.cycles));
        let mut found: BTreeSet<String> = data.map(str::to_owned).collect();
        let read = read(dependencies);
        for cycle in dependencies.cycles {
            let names = names(cycle, &read).into_iter();
            found.extend(names.filter(|(_, like)| forbidden.contains(like)).map(|it| it.0));
        }
        found.retain(|name| name.ends_with(EXISTS) || forbidden.contains(name));
        (found, dependencies.edges.iter().next().is_none())
    });
    let Ok((mut found, is_empty)) = found else { return (Valid::Unknown, BTreeSet::new()) };
    let valid = match (found.is_empty(), is_empty, datatype) {
        (true, false, _) => Valid::Yes,
        (true, true, Datatype::List) => Valid::Unknown,
        // Maelstrom lets nothing that is reported of registers pass.
        (false, ..) | (true, true, Datatype::Register) => Valid::No,
    };
    if is_empty {
        found.insert(EMPTY.to_owned());
    }
    (valid, found)
}

/// How a name ends that says no more than that there is a cycle.
const EXISTS: &str = "-cycle-exists";

fn is_cycle(name: &str, cycles: &[Cycle]) -> bool {
    cycles.iter().any(|cycle| cycle.anomaly == name)
}

/// The transactions of which the second read what the first wrote, where Elle tells them so even if
/// the second replaced it, too: of registers, if it matters at all.
fn read(dependencies: &Dependencies<'_>) -> BTreeSet<(usize, usize)> {
    let is_register = dependencies.transactions.datatype == Datatype::Register;
    if !is_register || dependencies.cycles.iter().all(|cycle| cycle.class != Class::G0) {
        return BTreeSet::new();
    }
    let reads = dependencies.edges.iter().filter(|edge| edge.relation.meets(Relations::WR));
    reads.map(|edge| (edge.from, edge.to)).collect()
}

/// What a cycle is reported as, each name with the anomaly as which it is forbidden.
///
/// A cycle of write dependencies one of which is a read as well is called `G1c`; but that there is one
/// of write dependencies Elle knows, and says in general.
fn names(cycle: &Cycle, read: &BTreeSet<(usize, usize)>) -> Vec<(String, String)> {
    let own = cycle.anomaly.clone();
    let is_read = cycle
        .edges
        .iter()
        .any(|step| step.relation.meets(Relations::WW) && read.contains(&(step.from, step.to)));
    if cycle.class != Class::G0 || !is_read {
        return vec![(own.clone(), own)];
    }
    let (suffix, model) = match cycle.variant {
        Variant::Data => ("", "PL-1"),
        Variant::Process => ("-process", "strong-session-PL-1"),
        Variant::Realtime => ("-realtime", "strong-PL-1"),
    };
    let told = format!("G1c{suffix}");
    vec![(told.clone(), told), (format!("{model}{EXISTS}"), own)]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{concurrent, sequential};
    use super::*;
    use crate::history::Kind::Ok;

    fn judged(history: &History, model: &str) -> (Valid, Vec<String>) {
        let datatype = Datatype::Register;
        let (valid, names) = judge(history, &[model.parse().unwrap()], datatype);
        (valid, names.into_iter().collect())
    }

    #[test]
    fn a_circle_of_writes_that_were_read_is_told_as_reads() {
        // Each replaces what it read of the other.
        let history = concurrent(&[(Ok, "r x 2, w x 1, w y 1"), (Ok, "r y 1, w y 2, w x 2")]);
        let names = |names: &[&str]| names.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let (valid, found) = judged(&history, "read-uncommitted");
        assert_eq!((valid, found), (Valid::No, names(&["PL-1-cycle-exists"])));
        let (_, found) = judged(&history, "read-committed");
        assert_eq!(found, names(&["G1c", "PL-1-cycle-exists"]));
    }

    #[test]
    fn where_nothing_depends_on_anything_registers_fail() {
        let history = sequential(&[(0, "w x 1"), (1, "w y 1")]);
        let empty = vec![EMPTY.to_owned()];
        assert_eq!(judged(&history, "read-committed"), (Valid::No, empty));
        // Where real time counts it is a dependency.
        assert_eq!(judged(&history, "strict-serializable"), (Valid::Yes, vec![]));
    }
}
