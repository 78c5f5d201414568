use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// How long a device waits for packets in its turn.
const TURN: Duration = Duration::from_millis(5);

/// One device's end of a network that loses a third of what it is given, and delivers a tenth of the
/// rest twice.
pub(crate) struct Network {
    socket: UdpSocket,
    /// Of all devices, by their numbers.
    addresses: Vec<SocketAddr>,
    /// Numbers without order that are the same each time.
    random: u64,
    pub(crate) sent: usize,
    pub(crate) lost: usize,
    pub(crate) bytes: usize,
}

impl Network {
    /// The ends of a network of so many devices.
    pub(crate) fn among(devices: usize) -> io::Result<Vec<Self>> {
        let sockets = (0..devices).map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)));
        let sockets: Vec<UdpSocket> = sockets.collect::<io::Result<_>>()?;
        let addresses: Vec<SocketAddr> =
            sockets.iter().map(UdpSocket::local_addr).collect::<io::Result<_>>()?;
        let ends = sockets.into_iter().zip(1..).map(|(socket, seed)| {
            socket.set_read_timeout(Some(TURN))?;
            let addresses = addresses.clone();
            Ok(Self { socket, addresses, random: seed, sent: 0, lost: 0, bytes: 0 })
        });
        ends.collect()
    }

    /// The numbers of the devices.
    pub(crate) fn devices(&self) -> std::ops::Range<usize> {
        0..self.addresses.len()
    }

    pub(crate) fn send(&mut self, to: usize, packet: &[u8]) -> io::Result<()> {
        self.sent += 1;
        self.bytes += packet.len();
        let copies = match self.percent() {
            0..33 => 0,
            33..40 => 2,
            _ => 1,
        };
        self.lost += usize::from(copies == 0);
        for _ in 0..copies {
            self.socket.send_to(packet, self.addresses[to])?;
        }
        Ok(())
    }

    /// The next packet, if one comes soon.
    pub(crate) fn receive(&self) -> io::Result<Option<Vec<u8>>> {
        let mut buffer = vec![0; 65_536];
        match self.socket.recv(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                Ok(Some(buffer))
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock
                | io::ErrorKind::TimedOut
                | io::ErrorKind::Interrupted
                // Some systems tell a sender so that nobody was there.
                | io::ErrorKind::ConnectionReset => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// From 0 to 99: `xorshift64`.
    fn percent(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % 100
    }
}
