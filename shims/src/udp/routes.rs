use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Where clients are that wait for answers: the latest 1,024.
#[derive(Debug, Default)]
pub(super) struct Routes {
    addresses: BTreeMap<String, (SocketAddr, u64)>,
    ages: BTreeMap<u64, String>,
    next: u64,
}

const MAX_CLIENTS: usize = 1_024;

impl Routes {
    /// Notes a client, and returns its name.
    pub(super) fn name(&mut self, address: SocketAddr) -> String {
        let name = format!("client@{address}");
        if let Some((_, age)) = self.addresses.insert(name.clone(), (address, self.next)) {
            self.ages.remove(&age);
        }
        self.ages.insert(self.next, name.clone());
        self.next += 1;
        if self.ages.len() > MAX_CLIENTS
            && let Some((_, oldest)) = self.ages.pop_first()
        {
            self.addresses.remove(&oldest);
        }
        name
    }

    pub(super) fn address(&self, name: &str) -> Option<SocketAddr> {
        self.addresses.get(name).map(|(address, _)| *address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_client_is_forgotten_and_who_asks_again_is_not() {
        let mut routes = Routes::default();
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let (first, second) = (routes.name(at(1)), routes.name(at(2)));
        for port in 3..=1_024 {
            routes.name(at(port));
        }
        assert_eq!(routes.name(at(1)), first);
        routes.name(at(2_000));
        assert_eq!((routes.address(&first), routes.address(&second)), (Some(at(1)), None));
        assert_eq!((routes.addresses.len(), routes.ages.len()), (1_024, 1_024));
    }
}
