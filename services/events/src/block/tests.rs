use super::*;

fn example() -> BlockWriter {
    let mut writer = BlockWriter::new("feed-1", 7);
    for number in 0..5u8 {
        let subject = writer.subject(if number % 2 == 0 { "equities/ibm" } else { "equities/sun" });
        let ty = writer.ty(&[1, 2, 3]);
        writer.event(
            subject,
            ty,
            &[number][..usize::from(number % 3 == 0)],
            &vec![number; usize::from(number) * 40],
        );
    }
    writer
}

fn parse(octets: &[u8]) -> Result<Block, BlockError> {
    Block::parse(Bytes::copy_from_slice(octets), &Limits::default())
}

#[test]
fn a_block_has_one_form() {
    let mut writer = BlockWriter::new("p", 0x0102);
    let (subject, ty) = (writer.subject("a/b"), writer.ty(&[9]));
    writer.event(subject, ty, b"k", b"xyz");
    let expected = [
        1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, // head
        1, b'p', 3, b'a', b'/', b'b', 1, 9, // publisher, subject, type
        0, 0, 1, b'k', 3, b'x', b'y', b'z', // event
    ];
    assert_eq!(writer.into_octets(), expected[..]);
}

#[test]
fn what_was_written_is_read() {
    let written = example().into_block();
    let read = parse(written.octets()).unwrap();
    assert_eq!(read.index, written.index);
    assert_eq!((read.len(), read.publisher(), read.first_sequence()), (5, "feed-1", 7));
    assert_eq!(read.subjects().collect::<Vec<_>>(), ["equities/ibm", "equities/sun"]);
    let payloads: Vec<usize> = read.events().map(|event| event.payload.len()).collect();
    assert_eq!(payloads, [0, 40, 80, 120, 160]);
    let third = read.events().nth(3).unwrap();
    assert_eq!((read.subject(third.subject), third.key), ("equities/sun", &[3][..]));
}

#[test]
fn parts_of_a_block_are_blocks() {
    let block = example().into_block();
    let part = block.slice(1..4);
    assert_eq!((part.len(), part.first_sequence()), (3, 8));
    assert_eq!(parse(part.octets()).unwrap(), part);
    assert!(part.events().map(|e| e.payload.len()).eq([40, 80, 120]));
    let chosen = block.select(&[1, 3]);
    assert_eq!(chosen.subjects().collect::<Vec<_>>(), ["equities/sun"]);
    assert!(chosen.events().map(|e| e.payload.len()).eq([40, 120]));
}

#[test]
fn what_is_no_block_is_told_why() {
    let good = example().into_octets().to_vec();
    for cut in 0..good.len() {
        assert!(parse(&good[..cut]).is_err(), "cut at {cut}");
    }
    let changed = |at: usize, octet: u8| {
        let mut octets = good.clone();
        octets[at] = octet;
        parse(&octets)
    };
    assert_eq!(changed(0, 9), Err(BlockError::Version(9)));
    assert_eq!(changed(6, 0).unwrap_err(), BlockError::Empty);
    // The second subject is taken for a type then.
    assert!(matches!(changed(2, 1).unwrap_err(), BlockError::Reference { .. }));
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(parse(&longer), Err(BlockError::Surplus(1)));
    let mut writer = BlockWriter::new("", 0);
    let (subject, ty) = (writer.subject("a/*"), writer.ty(&[]));
    writer.event(subject, ty, b"", b"");
    let cause = crate::subject::SubjectError::Star { at: 2 };
    assert_eq!(parse(&writer.into_octets()), Err(BlockError::Subject { subject: "a/*".into(), cause }));
    let small = Limits { block_events_max: 4, ..Limits::default() };
    let refused = Block::parse(good.into(), &small).unwrap_err();
    assert_eq!(refused, BlockError::Limit { name: "block_events_max", limit: 4 });
}

/// A bounded fuzz run: changed, cut and invented octets give a block or an error, and a block walks to its end.
#[test]
fn nonsense_costs_an_error() {
    let good = example().into_octets().to_vec();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..20_000 {
        let mut octets = match round % 3 {
            0 => (0..random() % 80).map(|_| random() as u8).collect(),
            _ => good.clone(),
        };
        for _ in 0..random() % 4 {
            if !octets.is_empty() {
                let at = random() as usize % octets.len();
                octets[at] = random() as u8;
            }
        }
        if random() % 4 == 0 {
            octets.truncate(random() as usize % (octets.len() + 1));
        }
        if let Ok(block) = parse(&octets) {
            assert_eq!(block.events().count(), block.len());
            assert!(block.events().all(|event| !block.subject(event.subject).is_empty()));
        }
    }
}
