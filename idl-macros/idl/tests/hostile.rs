//! Files that mean harm: whatever a file says costs an error at most, never a panic, a hang or unbounded memory.

#[path = "support/corpus.rs"]
mod corpus;

use std::time::{Duration, Instant};

use quorb_idl::{Code, Compiler, Limits, Memory, print};

/// Marsaglia's xorshift: the seed says the whole sequence.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// What one compilation may take, however slow the machine; a hang takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Compiles, renders every diagnostic, and prints and reads again what is valid.
fn survive(what: &str, content: Vec<u8>) {
    let begin = Instant::now();
    let outcome = corpus::compile("fuzz.idl", content);
    let said: String = outcome.rendered().collect();
    assert_eq!(outcome.model.is_none(), outcome.errors().next().is_some(), "{what}: {said}");
    if let Some(model) = outcome.model {
        let text = print(&model);
        let again = corpus::compile("fuzz.idl", text.as_str());
        let said: String = again.rendered().collect();
        assert!(again.model.as_ref() == Some(&model), "{what}: printed it is\n{text}{said}");
    }
    assert!(begin.elapsed() < PATIENCE, "{what} took {:?}", begin.elapsed());
}

/// Whether this kind of error is among those of a file, which are found soon.
fn fails_with(code: Code, content: impl Into<Vec<u8>>) -> bool {
    let begin = Instant::now();
    let outcome = corpus::compile("bomb.idl", content);
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    outcome.model.is_none() && outcome.diagnostics.iter().any(|said| said.code == code)
}

#[test]
fn bytes_changed_at_random() {
    let files: Vec<_> = corpus::files("accept").into_iter().chain(corpus::files("reject")).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..6 {
        for (name, content) in &files {
            let mut content = content.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(content.len());
                match random.below(4) {
                    0 => content[at] = random.below(256) as u8,
                    1 => content[at] ^= 1 << random.below(8),
                    2 => content.insert(at, b"{}()<>;:,\"'#\\/*\n"[random.below(16)]),
                    _ => {
                        content.remove(at);
                    }
                }
            }
            survive(&format!("{name} in round {round}"), content);
        }
    }
}

#[test]
fn words_dropped_doubled_and_swapped() {
    let files: Vec<_> = corpus::files("accept").into_iter().chain(corpus::files("reject")).collect();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let donors: Vec<String> =
        files.iter().map(|(_, content)| String::from_utf8_lossy(content).into_owned()).collect();
    for round in 0..6 {
        for (index, (name, _)) in files.iter().enumerate() {
            let other = &donors[random.below(donors.len())];
            let mut words: Vec<&str> = donors[index].split_inclusive([' ', ';', '(', '{', '\n']).collect();
            let borrowed: Vec<&str> = other.split_inclusive([' ', ';', '(', '{', '\n']).collect();
            for _ in 0..=random.below(3) {
                let at = random.below(words.len());
                let word = words.get(at).copied().unwrap_or_default();
                match random.below(4) {
                    0 if !words.is_empty() => {
                        words.remove(at);
                    }
                    1 => words.insert(at, word),
                    2 => words.insert(at, borrowed[random.below(borrowed.len())]),
                    _ => {
                        let to = random.below(words.len());
                        words.swap(at, to);
                    }
                }
            }
            survive(&format!("{name} in round {round}"), words.concat().into_bytes());
        }
    }
}

#[test]
fn files_cut_short() {
    for (name, content) in corpus::files("accept") {
        for length in (0..content.len()).step_by(3) {
            survive(&format!("{name} cut to {length}"), content[..length].to_vec());
        }
    }
}

#[test]
fn nesting_of_ten_thousand() {
    const DEPTH: usize = 10_000;
    let modules: String = (0..DEPTH).map(|n| format!("module M{n} {{ ")).collect();
    assert!(fails_with(Code::Limit, modules));
    assert!(fails_with(Code::Limit, format!("typedef {}long", "sequence<".repeat(DEPTH))));
    assert!(fails_with(Code::Limit, format!("const long A = {}1;", "(".repeat(DEPTH))));
    assert!(fails_with(Code::Limit, format!("const long A = 1{};", " + 1".repeat(DEPTH))));
    assert!(fails_with(Code::Limit, "struct S { ".repeat(DEPTH)));
    assert!(fails_with(Code::Limit, format!("{}typedef long A;", "#if 1\n".repeat(DEPTH))));
    assert!(fails_with(Code::Condition, format!("#if {}1\n", "(".repeat(DEPTH))));
    let heirs: String = (1..DEPTH).map(|n| format!("interface I{n} : I{} {{}};\n", n - 1)).collect();
    assert!(fails_with(Code::Limit, format!("interface I0 {{}};\n{heirs}")));
    let aliases: String = (1..DEPTH).map(|n| format!("typedef T{} T{n};\n", n - 1)).collect();
    assert!(fails_with(Code::Limit, format!("typedef long T0;\n{aliases}")));
    // A sign is no operand of a sign.
    assert!(fails_with(Code::Syntax, format!("const long A = {}1;", "-".repeat(DEPTH))));
}

#[test]
fn macro_bombs() {
    let doubling: String = (1..64).map(|n| format!("#define M{n} M{0} M{0}\n", n - 1)).collect();
    assert!(fails_with(Code::Limit, format!("#define M0 long\n{doubling}typedef M63 A;")));
    let nested = format!("{}x{}", "F(".repeat(60), ")".repeat(60));
    assert!(fails_with(Code::Limit, format!("#define F(a) a a\n{nested}")));
    let pasted = format!("{}x{}", "G(".repeat(60), ")".repeat(60));
    assert!(fails_with(Code::Limit, format!("#define F(a) a##a\n#define G(a) F(a)\n{pasted}")));
    let quoted = format!("{}x{}", "Q(".repeat(60), ")".repeat(60));
    assert!(fails_with(
        Code::Limit,
        format!("#define S(a) #a\n#define Q(a) S(a)\nconst string A = {quoted};")
    ));
    assert!(fails_with(Code::Macro, format!("#define F(a) a\n{}x", "F(".repeat(10_000))));
    let chain: String = (1..10_000).map(|n| format!("#define M{n} M{}\n", n - 1)).collect();
    assert!(fails_with(Code::Limit, format!("#define M0 long\n{chain}typedef M9999 A;")));
}

#[test]
fn large_files() {
    assert!(fails_with(Code::Limit, vec![b'x'; 100 << 20]));
    assert!(fails_with(Code::Syntax, vec![b'x'; 4 << 20]));
    assert!(fails_with(Code::Literal, vec![b'"'; (1 << 20) + 1]));
    assert!(fails_with(Code::Syntax, vec![b'{'; 1 << 20]));
    assert!(fails_with(Code::Character, vec![0xff; 1 << 20]));
    assert!(fails_with(Code::Syntax, "@a(".repeat(1 << 18)));
}

#[test]
fn work_that_grows_faster_than_the_file() {
    let many: String = (0..20_000).map(|n| format!("typedef long T{n};\n")).collect();
    let prefix = "p".repeat(100_000);
    assert!(fails_with(Code::Limit, format!("#pragma prefix \"{prefix}\"\n{many}")));
    assert!(fails_with(Code::Limit, format!("module {prefix} {{ {many} }};")));
    let name = "n".repeat(1000);
    let modules: String = (0..60).map(|n| format!("module {name}{n} {{ ")).collect();
    assert!(fails_with(Code::Limit, format!("{modules}{many}{}", "};".repeat(60))));
    let bases: String = (0..20_000).map(|n| format!("interface I{n} {{}};\n")).collect();
    let list: Vec<String> = (0..20_000).map(|n| format!("I{n}")).collect();
    assert!(fails_with(Code::Limit, format!("{bases}interface All : {} {{}};", list.join(", "))));
    let exceptions = bases.replace("interface", "exception");
    survive(
        "raises",
        format!("{exceptions}interface All {{ void f() raises ({}); }};", list.join(", ")).into_bytes(),
    );
    let lines = "#line 7\n__LINE__\n".repeat(50_000);
    assert!(fails_with(Code::Syntax, lines));
    assert!(fails_with(Code::Syntax, "__LINE__ ".repeat(100_000)));
}

#[test]
fn includes_without_end() {
    let files = Memory::new().with("a.idl", "#include \"b.idl\"\n").with("b.idl", "#include \"a.idl\"\n");
    let outcome = Compiler::new(&files).compile("a.idl");
    assert_eq!(outcome.diagnostics[0].code, Code::Limit);
    // Each of these files is read twice by the one before it.
    let mut files = Memory::new().with("40.idl", "typedef long A;");
    for n in 0..40 {
        let line = format!("#include \"{}.idl\"\n", n + 1);
        files = files.with(&format!("{n}.idl"), line.repeat(2));
    }
    let limits = Limits { source_bytes_max: 1 << 20, ..Limits::default() };
    let outcome = Compiler::new(&files).limits(limits).compile("0.idl");
    assert!(outcome.diagnostics.iter().any(|said| said.code == Code::Limit));
}

#[test]
fn guarded_cycles_are_legal() {
    let file = |name: &str, other: &str, body: &str| {
        format!("#ifndef {name}\n#define {name}\n#include \"{other}.idl\"\n{body}\n#endif\n")
    };
    let files = Memory::new()
        .with("a.idl", file("A_IDL", "b", "interface A { B get(); };"))
        .with("b.idl", file("B_IDL", "a", "interface B {};"));
    assert!(Compiler::new(&files).compile("a.idl").is_valid());
}

#[test]
fn errors_are_all_reported_up_to_a_limit() {
    let three =
        "typedef X A;\nstruct S { Y a; long b; Z c };\ninterface I { W f(); void g(in V x) raises (Q); };\n";
    let outcome = corpus::compile("three.idl", three);
    let lines: Vec<String> =
        outcome.errors().map(|text| text.split(": ").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "three.idl:1:9",
            "three.idl:2:12",
            "three.idl:2:29",
            "three.idl:3:15",
            "three.idl:3:32",
            "three.idl:3:45"
        ]
    );
    let many: String = (0..1000).map(|n| format!("typedef X{n} A{n};\n")).collect();
    let outcome = corpus::compile("many.idl", many);
    let max = Limits::default().errors_max;
    assert_eq!(outcome.errors().count(), max + 1);
    assert_eq!(outcome.diagnostics[max].code, Code::TooManyErrors);
}
