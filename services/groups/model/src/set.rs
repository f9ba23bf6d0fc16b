//! Sets of processes, sequences of messages: as small as they can be, since every state holds many.

use std::fmt;

/// A process: its number is its rank, since every process joins after those of lower numbers.
pub type Pid = u8;

/// The most processes a scope may have.
pub const PROCESSES_MAX: usize = 5;

/// The most messages a scope may have.
pub const MESSAGES_MAX: usize = 4;

/// For each sender, how many of its messages of one view.
pub type Lanes = [u8; PROCESSES_MAX];

/// What a process is called in traces: A is the oldest.
#[must_use]
pub fn letter(process: Pid) -> char {
    char::from(b'A' + process)
}

/// A set of processes, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Set(pub u8);

impl Set {
    /// Nobody.
    pub const EMPTY: Self = Self(0);

    /// Processes `0..count`.
    #[must_use]
    pub fn first(count: u8) -> Self {
        Self(((1u16 << count) - 1) as u8)
    }

    /// One process.
    #[must_use]
    pub fn of(process: Pid) -> Self {
        Self(1 << process)
    }

    /// Whether the process is in it.
    #[must_use]
    pub fn contains(self, process: Pid) -> bool {
        self.0 >> process & 1 == 1
    }

    /// Whether all of it is in the other.
    #[must_use]
    pub fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Those in either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those in this one only.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The member of lowest rank.
    #[must_use]
    pub fn oldest(self) -> Option<Pid> {
        (self.0 != 0).then(|| self.0.trailing_zeros() as Pid)
    }

    /// The members, oldest first.
    pub fn iter(self) -> impl Iterator<Item = Pid> {
        (0..PROCESSES_MAX as Pid).filter(move |&p| self.contains(p))
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for process in self.iter() {
            write!(f, "{}", letter(process))?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A sequence of messages, each named by its sender: the k-th mention of a sender is its k-th message of the view.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Seq {
    len: u8,
    senders: [Pid; MESSAGES_MAX],
}

impl Seq {
    /// How many messages.
    #[must_use]
    pub fn len(&self) -> u8 {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The senders in order.
    #[must_use]
    pub fn senders(&self) -> &[Pid] {
        &self.senders[..usize::from(self.len)]
    }

    /// The sender at a place.
    #[must_use]
    pub fn get(&self, place: u8) -> Option<Pid> {
        self.senders().get(usize::from(place)).copied()
    }

    /// Puts the sender's next message last.
    pub fn push(&mut self, sender: Pid) {
        self.senders[usize::from(self.len)] = sender;
        self.len += 1;
    }

    /// How many messages of the sender are among the first `places`.
    #[must_use]
    pub fn count(&self, sender: Pid, places: u8) -> u8 {
        self.senders().iter().take(usize::from(places)).filter(|&&s| s == sender).count() as u8
    }

    /// Whether the other begins with this one.
    #[must_use]
    pub fn begins(&self, other: &Self) -> bool {
        other.senders().starts_with(self.senders())
    }

    /// The first `places` of it.
    #[must_use]
    pub fn prefix(&self, places: u8) -> Self {
        let mut out = Self::default();
        self.senders().iter().take(usize::from(places)).for_each(|&s| out.push(s));
        out
    }

    /// The messages up to `cut`: first those that have a place here, then the others by rank and number.
    #[must_use]
    pub fn completed(&self, cut: &Lanes) -> Self {
        let mut out = Self::default();
        for &sender in self.senders() {
            if out.count(sender, u8::MAX) < cut[usize::from(sender)] {
                out.push(sender);
            }
        }
        for sender in 0..PROCESSES_MAX as Pid {
            while out.count(sender, u8::MAX) < cut[usize::from(sender)] {
                out.push(sender);
            }
        }
        out
    }
}

impl fmt::Debug for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<")?;
        for (place, &sender) in self.senders().iter().enumerate() {
            write!(f, "{}{}", letter(sender).to_ascii_lowercase(), self.count(sender, place as u8 + 1))?;
        }
        f.write_str(">")
    }
}
