//! Values out of a stream.
//!
//! The end of a chunk is looked for where the next item is read: nothing of it is known to those who read numbers and
//! strings. Whatever the octets are, reading them costs at most an error.

use std::collections::BTreeMap;

use super::{
    HAS_CODEBASE, INDIRECTION, IS_CHUNKED, LIST_OF_IDS, ONE_ID, SharedValue, TYPE_INFORMATION, VALUE_TAG,
    VALUE_TAG_MAX,
};
use crate::cdr::{Cdr, CdrError, Decoder};
use crate::limits::VALUE_BASES_MAX;
use crate::names::RepositoryId;

/// What has been read of values. Made with the first one.
#[derive(Clone, Debug, Default)]
pub(in crate::cdr) struct ValuesRead {
    /// The values by the place of their tag.
    values: BTreeMap<usize, SharedValue>,
    /// Repository ids and code bases by their place.
    texts: BTreeMap<usize, String>,
    /// Lists of repository ids by their place.
    lists: BTreeMap<usize, Vec<String>>,
    /// The chunked values that are open.
    level: i32,
    /// An end that was read and ends more values than one: those down to this level.
    ended_to: Option<i32>,
}

/// What stands where a value is expected.
#[derive(Debug)]
pub enum ValueStart {
    /// No value.
    Null,
    /// A value that was met before.
    Shared(SharedValue),
    /// A value whose state follows.
    Begin(ValueHeader),
}

/// What precedes the state of a value.
#[derive(Debug)]
pub struct ValueHeader {
    /// The repository id and those of the bases it may be taken for; none if it is of the type that is expected.
    pub ids: Vec<String>,
    place: usize,
    chunked: bool,
}

fn malformed(what: &'static str) -> CdrError {
    CdrError::InvalidValue { type_name: what }
}

impl Decoder<'_> {
    /// Reads what stands where a value is expected.
    ///
    /// A value that begins must be [shared](Self::share_value) before its state is read, and [ended](Self::end_value)
    /// behind it.
    ///
    /// # Errors
    /// What is no value, a distance to no value, values in GIOP 1.1 fragments.
    pub fn begin_value(&mut self) -> Result<ValueStart, CdrError> {
        if !self.joints.is_empty() {
            return Err(malformed("a value in fragments of GIOP 1.1"));
        }
        match self.read_tag()? {
            0 => Ok(ValueStart::Null),
            INDIRECTION => {
                let target = self.read_target()?;
                let known = self.values.as_ref().and_then(|read| read.values.get(&target));
                known.cloned().map(ValueStart::Shared).ok_or_else(|| malformed("a distance to no value"))
            }
            tag @ VALUE_TAG..=VALUE_TAG_MAX => self.read_header(tag).map(ValueStart::Begin),
            _ => Err(malformed("a value")),
        }
    }

    /// Lets the value be met again, also from inside of itself.
    pub fn share_value(&mut self, header: &ValueHeader, value: SharedValue) {
        self.values.get_or_insert_default().values.insert(header.place, value);
    }

    /// Ends a value: what is left of its state, since its reader takes it for one of its bases, is skipped.
    ///
    /// # Errors
    /// The end is missing.
    pub fn end_value(&mut self, header: &ValueHeader) -> Result<(), CdrError> {
        if !header.chunked {
            return Ok(());
        }
        let level = self.values.get_or_insert_default().level;
        self.skip_to_end(level)?;
        let read = self.values.get_or_insert_default();
        read.level = level - 1;
        if read.ended_to == Some(level) {
            read.ended_to = None;
        }
        // The next item of the value around this one begins a chunk of its own.
        self.chunk_end = if read.level > 0 { self.offset } else { usize::MAX };
        Ok(())
    }

    /// Whether the state of the value that is being read has been ended by its own end, so that nothing can follow.
    fn is_ended(&self) -> bool {
        self.values.as_ref().is_some_and(|read| read.ended_to.is_some_and(|to| to <= read.level))
    }

    /// Skips chunks and values up to the end of the value of this level.
    fn skip_to_end(&mut self, level: i32) -> Result<(), CdrError> {
        loop {
            if self.is_ended() {
                return Ok(());
            }
            if self.chunk_end != usize::MAX {
                self.offset = self.chunk_end.max(self.offset);
                self.chunk_end = usize::MAX;
            }
            match self.read_u32()? {
                0 => {}
                tag @ VALUE_TAG..=VALUE_TAG_MAX => self.nested(|input| {
                    let header = input.read_header(tag)?;
                    input.end_value(&header)
                })?,
                // A value met before, if the distance leads to one; else the end of the outermost value.
                INDIRECTION if self.is_distance_next() => {
                    self.read_i32()?;
                }
                octets @ 1..VALUE_TAG => {
                    self.read_octets(octets as usize)?;
                }
                end => {
                    let end = -end.cast_signed();
                    if end > level || end < 1 {
                        return Err(malformed("the end of a value"));
                    }
                    self.values.get_or_insert_default().ended_to = Some(end);
                    return Ok(());
                }
            }
        }
    }

    fn is_distance_next(&self) -> bool {
        let mut ahead = self.clone();
        let read = ahead.read_target().ok();
        read.is_some_and(|target| self.values.as_ref().is_some_and(|read| read.values.contains_key(&target)))
    }

    /// The tag of a value: in the open chunk if there is something left of it, else behind it.
    fn read_tag(&mut self) -> Result<u32, CdrError> {
        if self.chunk_end == usize::MAX {
            return self.read_u32();
        }
        if self.is_ended() {
            return Err(malformed("a value that ends early"));
        }
        if self.offset + self.padding(4) < self.chunk_end {
            return self.read_u32();
        }
        self.offset = self.chunk_end;
        self.chunk_end = usize::MAX;
        let tag = self.read_u32()?;
        if (1..VALUE_TAG).contains(&tag) {
            self.begin_chunk(tag)?;
            return self.read_u32();
        }
        // What follows is no part of a chunk; behind it there must be one.
        Ok(tag)
    }

    fn begin_chunk(&mut self, octets: u32) -> Result<(), CdrError> {
        self.check_len(octets as usize, 1)?;
        self.chunk_end = self.offset + octets as usize;
        Ok(())
    }

    /// Moves to the chunk in which an item of `size` octets, aligned to `n`, stands.
    #[cold]
    pub(in crate::cdr) fn settle_in_chunk(&mut self, n: usize, size: usize) -> Result<(), CdrError> {
        loop {
            let begin = self.offset + self.padding(n);
            if begin.saturating_add(size) <= self.chunk_end && (size == 0 || begin < self.chunk_end) {
                return Ok(());
            }
            // An item never lies in two chunks: what is left can only be padding.
            if self.offset < self.chunk_end && begin < self.chunk_end || self.is_ended() {
                return Err(malformed("an item that goes beyond its chunk"));
            }
            self.offset = self.chunk_end;
            self.chunk_end = usize::MAX;
            let octets = self.read_u32()?;
            if !(1..VALUE_TAG).contains(&octets) {
                return Err(malformed("a value that ends early"));
            }
            self.begin_chunk(octets)?;
        }
    }

    fn read_header(&mut self, tag: u32) -> Result<ValueHeader, CdrError> {
        let place = self.offset - 4;
        let chunked = tag & IS_CHUNKED != 0;
        // Tags and what follows them are between the chunks of the value around.
        self.chunk_end = usize::MAX;
        let level = self.values.get_or_insert_default().level;
        if level > 0 && !chunked {
            return Err(malformed("a value without chunks in one with chunks"));
        }
        if tag & HAS_CODEBASE != 0 {
            self.read_shared_text()?;
        }
        let ids = match tag & TYPE_INFORMATION {
            0 => Vec::new(),
            ONE_ID => vec![self.read_shared_text()?],
            LIST_OF_IDS => self.read_list()?,
            _ => return Err(malformed("the type of a value")),
        };
        if chunked {
            self.values.get_or_insert_default().level += 1;
            self.chunk_end = self.offset;
        }
        Ok(ValueHeader { ids, place, chunked })
    }

    fn read_list(&mut self) -> Result<Vec<String>, CdrError> {
        let count = self.read_u32()?;
        let place = self.offset - 4;
        if count == INDIRECTION {
            let target = self.read_target()?;
            let known = self.values.as_ref().and_then(|read| read.lists.get(&target));
            return known.cloned().ok_or_else(|| malformed("a distance to no list"));
        }
        if count > VALUE_BASES_MAX {
            return Err(CdrError::BoundExceeded { bound: VALUE_BASES_MAX as usize, length: count as usize });
        }
        let ids = (0..count).map(|_| self.read_shared_text()).collect::<Result<Vec<_>, _>>()?;
        self.values.get_or_insert_default().lists.insert(place, ids.clone());
        Ok(ids)
    }

    fn read_shared_text(&mut self) -> Result<String, CdrError> {
        let length = self.read_u32()?;
        let place = self.offset - 4;
        if length == INDIRECTION {
            let target = self.read_target()?;
            let known = self.values.as_ref().and_then(|read| read.texts.get(&target));
            return known.cloned().ok_or_else(|| malformed("a distance to no text"));
        }
        self.offset = place;
        let text = RepositoryId::decode(self)?.as_str().to_owned();
        self.values.get_or_insert_default().texts.insert(place, text.clone());
        Ok(text)
    }

    /// Reads a distance, which counts from where it stands.
    fn read_target(&mut self) -> Result<usize, CdrError> {
        let distance = self.read_i32()?;
        let place = self.offset - 4;
        place
            .checked_add_signed(distance as isize)
            .filter(|target| *target < place)
            .ok_or_else(|| malformed("a distance"))
    }
}
