//! Values into a stream.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{INDIRECTION, IS_CHUNKED, LIST_OF_IDS, ONE_ID, SharedValue, VALUE_TAG};
use crate::cdr::{CdrError, Encoder};

/// What has been written of values. Made with the first one.
#[derive(Debug, Default)]
pub(in crate::cdr) struct ValuesWritten {
    /// Where the tag of each value is, by its address.
    places: BTreeMap<usize, usize>,
    /// Keeps the values alive, so that no other can get an address of theirs.
    kept: Vec<SharedValue>,
    /// Where each repository id is.
    ids: BTreeMap<String, usize>,
    /// The chunked values that are open.
    level: i32,
    /// The open chunk: where the padding before its length begins, and where its contents do.
    chunk: Option<(usize, usize)>,
    /// Where the last end tag ends.
    ended: Option<usize>,
}

/// A value that has been begun, for [`Encoder::end_value`].
#[derive(Debug)]
#[must_use]
pub struct WrittenValue {
    chunked: bool,
}

impl Encoder {
    /// Appends the null value.
    pub fn write_null_value(&mut self) {
        self.write_u32(0);
    }

    /// Whether values begun now must be chunked, because they are inside of one that is.
    #[must_use]
    pub fn is_in_chunks(&self) -> bool {
        self.values.as_ref().is_some_and(|values| values.level > 0)
    }

    /// Begins a value of the given repository ids: none if the reader expects this very type, one, or the id and those of
    /// the bases that a reader may take it for. `None` if the same value has been written: then nothing else is to be
    /// written of it.
    ///
    /// # Errors
    /// [`CdrError::LengthTooLarge`] for a stream of more than 2 GiB, and those of strings.
    pub fn begin_value(
        &mut self,
        value: &SharedValue,
        ids: &[&str],
        chunked: bool,
    ) -> Result<Option<WrittenValue>, CdrError> {
        let address = Arc::as_ptr(value).cast::<()>() as usize;
        let values = self.values.get_or_insert_default();
        if let Some(&place) = values.places.get(&address) {
            self.write_distance_to(place)?;
            return Ok(None);
        }
        let chunked = chunked || values.level > 0;
        self.close_chunk()?;
        self.align(4);
        let place = self.end();
        let values = self.values.get_or_insert_default();
        values.places.insert(address, place);
        values.kept.push(value.clone());
        let type_information = match ids.len() {
            0 => 0,
            1 => ONE_ID,
            _ => LIST_OF_IDS,
        };
        self.write_u32(VALUE_TAG | type_information | if chunked { IS_CHUNKED } else { 0 });
        if ids.len() > 1 {
            self.write_len(ids.len())?;
        }
        for id in ids {
            self.write_id(id)?;
        }
        if chunked {
            self.values.get_or_insert_default().level += 1;
            self.open_chunk();
        }
        Ok(Some(WrittenValue { chunked }))
    }

    /// Ends the value that was begun last.
    ///
    /// Of values that end at the same place, the end tag of the outermost one ends all (CORBA 3.3 Part 2, 9.3.4.5 allows
    /// both; omniORB writes one tag, and aborts when it reads several).
    ///
    /// # Errors
    /// [`CdrError::LengthTooLarge`] for a chunk that is longer than a chunk may be.
    pub fn end_value(&mut self, value: WrittenValue) -> Result<(), CdrError> {
        if !value.chunked {
            return Ok(());
        }
        self.close_chunk()?;
        let values = self.values.get_or_insert_default();
        let level = values.level;
        values.level -= 1;
        let inner = values.ended.take();
        if inner.is_some_and(|inner| inner == self.end()) {
            self.buf.truncate(self.buf.len() - 4);
        }
        self.write_i32(-level);
        let end = self.end();
        self.values.get_or_insert_default().ended = Some(end);
        if level > 1 {
            self.open_chunk();
        }
        Ok(())
    }

    fn write_id(&mut self, id: &str) -> Result<(), CdrError> {
        self.align(4);
        let place = self.end();
        let values = self.values.get_or_insert_default();
        if let Some(&place) = values.ids.get(id) {
            return self.write_distance_to(place);
        }
        values.ids.insert(id.to_owned(), place);
        self.write_string_octets(id.as_bytes())
    }

    fn write_distance_to(&mut self, place: usize) -> Result<(), CdrError> {
        self.write_u32(INDIRECTION);
        let length = self.end() - place;
        let distance = i32::try_from(length).map_err(|_| CdrError::LengthTooLarge { length })?;
        self.write_i32(-distance);
        Ok(())
    }

    /// Makes room for the length of a chunk; an empty one leaves no trace.
    fn open_chunk(&mut self) {
        let before = self.end();
        self.write_u32(0);
        let begin = self.end();
        self.values.get_or_insert_default().chunk = Some((before, begin));
    }

    fn close_chunk(&mut self) -> Result<(), CdrError> {
        let Some((before, begin)) = self.values.as_mut().and_then(|values| values.chunk.take()) else {
            return Ok(());
        };
        let length = self.end() - begin;
        if length == 0 {
            self.buf.truncate(before);
            return Ok(());
        }
        let short = u32::try_from(length).ok().filter(|length| *length < VALUE_TAG);
        let octets = self.u32_octets(short.ok_or(CdrError::LengthTooLarge { length })?);
        self.buf[begin - 4..begin].copy_from_slice(&octets);
        Ok(())
    }
}
