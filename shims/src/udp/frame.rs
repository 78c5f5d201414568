use std::net::SocketAddr;

/// The beginning of every datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) cluster: u64,
    /// Who sends.
    pub(super) life: Life,
    /// Never the same twice in a life.
    pub(super) counter: u64,
    /// The receiver's life, as the sender knows it: its mark alone.
    pub(super) to: u64,
}

/// One life of one socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Life {
    /// That of a later life is higher.
    pub(super) generation: u64,
    /// Random.
    pub(super) mark: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Asks for the receiver's life. Inside: a challenge.
    Hello,
    /// Tells the sender's life. Inside: the challenge of the question.
    Welcome,
    /// Inside: what the user sends.
    Data,
    /// What was sent cannot be taken. Inside: its counter, and the generation that must be exceeded.
    Lost,
    /// What the user sends, not sealed.
    Plain,
}

impl Header {
    pub(super) const LEN: usize = 43;
    const START: [u8; 2] = [b'g', 1];

    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.extend(Self::START);
        bytes.push(match self.kind {
            Kind::Hello => 0,
            Kind::Welcome => 1,
            Kind::Data => 2,
            Kind::Lost => 3,
            Kind::Plain => 4,
        });
        for field in [self.cluster, self.life.generation, self.life.mark, self.counter, self.to] {
            bytes.extend(field.to_be_bytes());
        }
        bytes
    }

    /// Takes the header off; nothing if it is none, or of another version.
    pub(super) fn read(datagram: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = datagram.split_first_chunk::<{ Self::LEN }>()?;
        let kind = match head.strip_prefix(&Self::START)?.first()? {
            0 => Kind::Hello,
            1 => Kind::Welcome,
            2 => Kind::Data,
            3 => Kind::Lost,
            4 => Kind::Plain,
            _ => return None,
        };
        let field = |at: usize| {
            let bytes = head[3 + 8 * at..].first_chunk().copied();
            u64::from_be_bytes(bytes.unwrap_or_default())
        };
        let life = Life { generation: field(1), mark: field(2) };
        Some((Self { kind, cluster: field(0), life, counter: field(3), to: field(4) }, rest))
    }

    pub(super) fn nonce(&self) -> [u8; 24] {
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&self.life.generation.to_be_bytes());
        nonce[8..16].copy_from_slice(&self.life.mark.to_be_bytes());
        nonce[16..].copy_from_slice(&self.counter.to_be_bytes());
        nonce
    }

    /// What a sealed text is bound to: all that was said openly, and between whom.
    pub(super) fn around(&self, from: SocketAddr, to: SocketAddr) -> Vec<u8> {
        let mut around = self.write();
        around.extend(format!("{from} {to}").as_bytes());
        around
    }
}

/// A cluster's name in eight bytes (FNV-1a): so that neighbours are told apart, not kept out.
pub(super) fn cluster_tag(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
