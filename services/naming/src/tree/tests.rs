//! The tree as a value: what commands do, that they can be taken back, and that rows are the whole of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::cos::NameComponent;

fn tree() -> Tree {
    Tree::new(TreeLimits::from(&crate::Limits::default()))
}

fn label(id: &str) -> Label {
    Label::of(&NameComponent { id: id.into(), kind: String::new() }).unwrap()
}

fn path(text: &str) -> Vec<Label> {
    text.split('/').map(label).collect()
}

fn object(text: &str) -> Target {
    Target::Object(Reference(text.as_bytes().into()))
}

fn bind(name: &str, target: Target, mode: Mode) -> Command {
    Command::Bind { at: ContextId::ROOT, name: path(name), target, mode, lease: None }
}

fn new_context(name: &str) -> Command {
    Command::BindNewContext { at: ContextId::ROOT, name: path(name) }
}

fn unbind(name: &str) -> Command {
    Command::Unbind { at: ContextId::ROOT, name: path(name) }
}

fn missing(components: usize) -> Refusal {
    Refusal::NotFound { why: Why::Missing, components }
}

fn not_context(components: usize) -> Refusal {
    Refusal::NotFound { why: Why::NotContext, components }
}

fn not_object(components: usize) -> Refusal {
    Refusal::NotFound { why: Why::NotObject, components }
}

/// Applies and forgets the changes.
fn apply(tree: &mut Tree, command: Command) -> Result<Outcome, Refusal> {
    tree.apply(command, Time::ZERO, &mut Vec::new())
}

fn context(tree: &mut Tree, name: &str) -> ContextId {
    match apply(tree, new_context(name)) {
        Ok(Outcome::Context(context)) => context,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_refusal_says_what_is_wrong_and_where() {
    let mut tree = tree();
    let lab = context(&mut tree, "lab");
    apply(&mut tree, bind("lab/grid", object("grid"), Mode::New)).unwrap();
    let foreign = Target::Foreign(Reference(b"there".as_slice().into()));
    apply(&mut tree, bind("there", foreign.clone(), Mode::New)).unwrap();
    let before = tree.clone();
    let refused = [
        (bind("lab/grid", object("x"), Mode::New), Refusal::AlreadyBound),
        (bind("lab", object("x"), Mode::New), Refusal::AlreadyBound),
        (bind("lab", object("x"), Mode::Replace), not_object(0)),
        (bind("there", object("x"), Mode::Replace), not_object(0)),
        (bind("lab/grid", Target::Context(lab), Mode::Replace), not_context(1)),
        (bind("lab/grid", foreign, Mode::Replace), not_context(1)),
        (bind("lab/x/y", object("x"), Mode::New), missing(1)),
        (bind("x/y/z", object("x"), Mode::New), missing(0)),
        (bind("lab/grid/y", object("x"), Mode::New), not_context(1)),
        (bind("y", Target::Context(ContextId(99)), Mode::New), Refusal::NoTarget),
        (new_context("lab"), Refusal::AlreadyBound),
        (new_context("lab/grid/x"), not_context(1)),
        (unbind("lab/x"), missing(1)),
        (unbind("x/y"), missing(0)),
        (unbind("lab/grid/x/y"), not_context(1)),
        (Command::Unbind { at: ContextId::ROOT, name: Vec::new() }, Refusal::NoName),
        (Command::Unbind { at: ContextId(99), name: path("x") }, Refusal::NoContext),
        (Command::NewContext { at: ContextId(99) }, Refusal::NoContext),
        (Command::Destroy { context: lab }, Refusal::NotEmpty),
        (Command::Destroy { context: ContextId(99) }, Refusal::NoContext),
        (Command::Destroy { context: ContextId::ROOT }, Refusal::NotEmpty),
        (Command::Renew { lease: LeaseId(9) }, Refusal::NoLease),
        (Command::Revoke { lease: LeaseId(9) }, Refusal::NoLease),
        (Command::Grant { ttl: Duration::ZERO }, Refusal::LeaseTime),
        (Command::Grant { ttl: Duration::MAX }, Refusal::LeaseTime),
    ];
    for (command, refusal) in refused {
        let mut changes = Vec::new();
        assert_eq!(tree.apply(command.clone(), Time::ZERO, &mut changes), Err(refusal), "{command:?}");
        assert_eq!((changes, &tree), (Vec::new(), &before), "{command:?}");
    }
}

#[test]
fn names_lead_through_contexts_and_say_what_they_depend_on() {
    let mut tree = tree();
    let lab = context(&mut tree, "lab");
    apply(&mut tree, bind("lab/grid", object("grid"), Mode::New)).unwrap();
    apply(&mut tree, bind("lab/up", Target::Context(ContextId::ROOT), Mode::New)).unwrap();
    let reference = Reference(b"there".as_slice().into());
    apply(&mut tree, bind("there", Target::Foreign(reference.clone()), Mode::New)).unwrap();
    let mut steps = Vec::new();
    let found =
        tree.resolve(ContextId::ROOT, &path("lab/up/lab/grid"), |at, label| steps.push((at, label.clone())));
    assert_eq!(found, Ok(Found::Object(&Reference(b"grid".as_slice().into()))));
    let root = ContextId::ROOT;
    let expected = [(root, "lab"), (lab, "up"), (root, "lab"), (lab, "grid")];
    assert_eq!(steps, expected.map(|(at, id)| (at, label(id))));
    let cases = [
        ("lab", Ok(Found::Context(lab))),
        ("there", Ok(Found::Foreign(&reference))),
        ("there/x/y", Ok(Found::Elsewhere { context: &reference, components: 1 })),
        ("lab/up/there/x", Ok(Found::Elsewhere { context: &reference, components: 3 })),
        ("lab/x", Err(missing(1))),
        ("lab/grid/x", Err(not_context(1))),
    ];
    for (name, found) in cases {
        assert_eq!(tree.resolve(root, &path(name), |_, _| ()), found, "{name}");
    }
    assert_eq!(tree.resolve(root, &[], |_, _| ()), Err(Refusal::NoName));
}

#[test]
fn a_destroyed_context_is_no_way_any_more() {
    let mut tree = tree();
    let lab = context(&mut tree, "lab");
    apply(&mut tree, Command::Destroy { context: lab }).unwrap();
    let destroyed = Refusal::Destroyed { context: lab, components: 1 };
    assert_eq!(tree.resolve(ContextId::ROOT, &path("lab/x"), |_, _| ()), Err(destroyed));
    assert_eq!(apply(&mut tree, bind("lab/x", object("x"), Mode::New)), Err(destroyed));
    apply(&mut tree, unbind("lab")).unwrap();
    assert_ne!(context(&mut tree, "lab"), lab, "numbers are not given twice");
}

#[test]
fn the_root_is_not_destroyed() {
    assert_eq!(apply(&mut tree(), Command::Destroy { context: ContextId::ROOT }), Err(Refusal::IsRoot));
}

#[test]
fn pages_are_bounded_by_number_and_octets_and_leave_nothing_out() {
    let mut tree = tree();
    let names: Vec<String> = (0..10).map(|n| format!("{n}{}", "x".repeat(n))).collect();
    for name in &names {
        apply(&mut tree, bind(name, object("o"), Mode::New)).unwrap();
    }
    for (bindings_max, bytes_max) in [(1, 1000), (3, 1000), (100, 1000), (100, 12), (3, 0)] {
        let (mut after, mut found) = (None, Vec::new());
        loop {
            let page = tree.page(ContextId::ROOT, after.as_ref(), bindings_max, bytes_max).unwrap();
            assert!(page.bindings.len() <= bindings_max);
            found.extend(page.bindings.iter().map(|(label, _)| label.component().id));
            after = page.bindings.last().map(|(label, _)| label.clone());
            if !page.more {
                break;
            }
        }
        assert_eq!(found, names, "{bindings_max} {bytes_max}");
    }
    let none = tree.page(ContextId::ROOT, None, 0, 1000).unwrap();
    assert!(none.bindings.is_empty() && none.more);
    assert_eq!(tree.page(ContextId(99), None, 1, 1), Err(Refusal::NoContext));
}

#[test]
fn what_a_lease_has_bound_ends_with_it() {
    let mut tree = tree();
    let (second, mut changes) = (Duration::from_secs(1), Vec::new());
    let grant = Command::Grant { ttl: second };
    let Ok(Outcome::Lease(lease)) = tree.apply(grant, Time::ZERO, &mut changes) else { panic!() };
    let leased = |name, mode| {
        let (at, target) = (ContextId::ROOT, object(name));
        Command::Bind { at, name: path(name), target, mode, lease: Some(lease) }
    };
    for name in ["a", "b", "c", "d"] {
        apply(&mut tree, leased(name, Mode::New)).unwrap();
    }
    apply(&mut tree, bind("b", object("of somebody else"), Mode::Replace)).unwrap();
    apply(&mut tree, unbind("c")).unwrap();
    assert_eq!(tree.next_expiry(), Some(second));
    tree.apply(Command::Renew { lease }, second / 2, &mut Vec::new()).unwrap();
    tree.apply(Command::Expire, second, &mut Vec::new()).unwrap();
    assert_eq!(tree.bindings(), 3, "it was renewed");
    let mut changes = Vec::new();
    tree.apply(Command::Expire, second * 3 / 2, &mut changes).unwrap();
    let expired = changes.iter().filter(|change| matches!(change, Change::Binding { expired: true, .. }));
    assert_eq!(expired.count(), 2);
    assert_eq!((tree.bindings(), tree.leases(), tree.next_expiry()), (1, 0, None));
    assert_eq!(apply(&mut tree, leased("e", Mode::New)), Err(Refusal::NoLease));
    assert_eq!(apply(&mut tree, Command::Revoke { lease }), Err(Refusal::NoLease));
}

#[test]
fn nothing_grows_beyond_its_limit() {
    let mut limits = TreeLimits::from(&crate::Limits::default());
    (limits.bindings_max, limits.contexts_max, limits.leases_max) = (2, 2, 1);
    let mut tree = Tree::new(limits);
    let full = |limit, max| Err(Refusal::Full { limit, max });
    let grant = Command::Grant { ttl: Duration::from_secs(1) };
    apply(&mut tree, grant.clone()).unwrap();
    assert_eq!(apply(&mut tree, grant), full("leases_max", 1));
    context(&mut tree, "a");
    assert_eq!(apply(&mut tree, Command::NewContext { at: ContextId::ROOT }), full("contexts_max", 2));
    apply(&mut tree, bind("b", object("b"), Mode::New)).unwrap();
    assert_eq!(apply(&mut tree, bind("c", object("c"), Mode::New)), full("bindings_max", 2));
    apply(&mut tree, bind("b", object("other"), Mode::Replace)).unwrap();
}

#[test]
fn a_tree_that_others_must_be_given_does_not_grow_beyond_what_they_take() {
    let mut limits = TreeLimits::from(&crate::Limits::default());
    limits.saved_bytes_max = 200;
    let mut tree = Tree::new(limits);
    let full = Err(Refusal::Full { limit: "saved_bytes_max", max: 200 });
    let number = (0..).find(|n| apply(&mut tree, bind(&format!("n{n}"), object("x"), Mode::New)) == full);
    let number = number.unwrap();
    assert!(number > 2 && (200..300).contains(&tree.saved_bytes()), "{number}: {}", tree.saved_bytes());
    assert_eq!(apply(&mut tree, new_context("c")), full);
    assert_eq!(apply(&mut tree, Command::NewContext { at: ContextId::ROOT }), full);
    assert_eq!(apply(&mut tree, Command::Grant { ttl: Duration::from_secs(1) }), full);
    assert_eq!(apply(&mut tree, bind("n0", object("longer"), Mode::Replace)), full);
    apply(&mut tree, bind("n0", object("y"), Mode::Replace)).unwrap();
    apply(&mut tree, unbind("n1")).unwrap();
    apply(&mut tree, bind("n1", object("x"), Mode::New)).unwrap();
}

/// Seeded histories: refused commands change nothing, changes can be taken back, and a store that has all rows has the
/// tree.
#[test]
fn changes_are_all_that_has_changed() {
    let mut state = 0x853c_49e6_748f_ea9b_u64;
    let mut draw = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for _ in 0..200 {
        let mut tree = tree();
        let mut store: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for step in 0..60_u64 {
            let (now, before) = (Duration::from_millis(step * 100), tree.clone());
            let mut changes = Vec::new();
            let answer = tree.apply(any_command(&mut draw), now, &mut changes);
            if answer.is_err() {
                assert_eq!((changes.len(), &tree), (0, &before));
            }
            let after = tree.clone();
            let mut saved = bytes::BytesMut::new();
            tree.save(&mut saved);
            assert_eq!(saved.len(), tree.saved_bytes());
            tree.revert(&changes);
            assert_eq!(tree.rows().collect::<Vec<_>>(), before.rows().collect::<Vec<_>>());
            if draw(4) == 0 {
                continue;
            }
            tree = after;
            for Row { key, value } in changes.iter().map(Change::row) {
                match value {
                    Some(value) => store.insert(key, value),
                    None => store.remove(&key),
                };
            }
        }
        let mut restored = self::tree();
        for (key, value) in &store {
            restored.restore(key, value).unwrap();
        }
        let now = Duration::from_secs(100);
        restored.restored(now);
        tree.restored(now);
        assert_eq!(restored, tree);
    }
}

fn any_command(draw: &mut impl FnMut(u64) -> u64) -> Command {
    let names = ["a", "b", "a/a", "a/b", "b/a", "a/b/c"];
    let at = ContextId(if draw(8) == 0 { draw(9) } else { 1 });
    let name = path(names[draw(names.len() as u64) as usize]);
    let target = match draw(4) {
        0 => Target::Context(ContextId(draw(9))),
        1 => Target::Foreign(Reference(vec![draw(256) as u8].into())),
        _ => object("o"),
    };
    let mode = if draw(2) == 0 { Mode::New } else { Mode::Replace };
    let lease = (draw(3) == 0).then(|| LeaseId(draw(12)));
    match draw(12) {
        0..4 => Command::Bind { at, name, target, mode, lease },
        4 | 5 => Command::Unbind { at, name },
        6 => Command::BindNewContext { at, name },
        7 => Command::Destroy { context: ContextId(draw(9)) },
        8 => Command::Grant { ttl: Duration::from_millis(200 + draw(2000)) },
        9 => Command::Renew { lease: LeaseId(draw(12)) },
        10 => Command::Revoke { lease: LeaseId(draw(12)) },
        _ => Command::Expire,
    }
}

/// Seeded: rows that something has spoilt cost an error.
#[test]
fn spoilt_rows_are_refused_or_read() {
    let mut tree = tree();
    context(&mut tree, "lab");
    apply(&mut tree, bind("lab/grid", object("grid"), Mode::New)).unwrap();
    apply(&mut tree, Command::Grant { ttl: Duration::from_secs(1) }).unwrap();
    let rows: Vec<_> = tree.rows().collect();
    let mut state = 0x1234_5678_9abc_def1_u64;
    for _ in 0..50_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let (mut key, mut value) = rows[state as usize % rows.len()].clone();
        let spoilt = if state & 64 == 0 { &mut key } else { &mut value };
        if !spoilt.is_empty() {
            let at = (state >> 8) as usize % spoilt.len();
            spoilt[at] = (state >> 16) as u8;
            spoilt.truncate(1 + (state >> 32) as usize % spoilt.len());
        }
        let mut restored = self::tree();
        if restored.restore(&key, &value).is_ok() {
            restored.restored(Time::ZERO);
        }
        assert!(restored.bindings() <= 1);
    }
}

/// The architecture invariant of the folder, read from its files.
#[test]
fn the_state_is_a_value() {
    let forbidden =
        ["tokio", "Instant", "SystemTime", "rand::", "thread", "Mutex", "RwLock", "HashMap", "HashSet"];
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tree");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        files += 1;
        for word in forbidden {
            assert!(!text.contains(word), "{} knows {word}", path.display());
        }
    }
    assert!(files >= 7, "the folder was not found");
}
