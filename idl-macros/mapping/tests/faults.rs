//! What has no Rust form is said at its place, all of it at once.

use quorb_idl::{Compiler, Memory};
use quorb_mapping::{Fault, Settings, rust};

/// The faults, each as `line:column: message`, settings without a place.
fn faults(idl: &str, settings: &Settings) -> Vec<String> {
    let files = Memory::new().with("a.idl", idl);
    let outcome = Compiler::new(&files).compile("a.idl");
    let model =
        outcome.model.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.errors().collect::<Vec<_>>()));
    let text = |fault: Fault| match fault {
        Fault::Source(diagnostic) => {
            let location = outcome.sources.location(diagnostic.span.expect("it has a place"));
            format!("{}:{}: {}", location.line, location.column, diagnostic.message)
        }
        Fault::Setting { name, reason } => format!("{name}: {reason}"),
    };
    match rust(model, &outcome.sources, "a.idl", settings) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_iter().map(text).collect(),
    }
}

#[test]
fn everything_unsupported_is_reported_at_once() {
    let idl = "native Handle;\nlocal interface Here;\n\
               local interface There {}; union Held switch (long) { case 1: There a; };\n\
               interface Later;\ninterface A {\n  void f(in Handle h) context (\"X\");\n  \
               Later g();\n};\n";
    let expected = [
        "1:8: native Handle is a type of each language: name the Rust type in `external`, or Handle in `omit`",
        "2:17: interface Here is declared and never defined: include the file that defines it, or name its trait in `external`",
        "3:33: Held holds local objects: write a Rust type, and name it in `external`, or Held in `omit`",
        "4:11: interface Later is declared and never defined: include the file that defines it, or name its trait in `external`",
        "6:8: contexts are not supported: pass the values as parameters",
    ];
    assert_eq!(faults(idl, &Settings::default()), expected);
}

#[test]
fn what_is_abstract_stands_for_objects_and_values() {
    let idl = "abstract interface Shown { string show(); };\nabstract valuetype Figure { long sides(); };\n\
               valuetype Square : Figure supports Shown { public long a; };\ninterface A : Shown {\n  \
               Shown f(in Figure plane, in CORBA::AbstractBase base, inout Shown item);\n};\n";
    let files = Memory::new().with("a.idl", idl);
    let outcome = Compiler::new(&files).compile("a.idl");
    let model = outcome.model.expect("it is valid");
    let items =
        rust(&model, &outcome.sources, "a.idl", &Settings::default()).expect("it has a form").to_string();
    let items: String = items.split_whitespace().collect();
    for text in [
        "`abstractinterfaceShown`",
        "pubtraitA:Shown{",
        "pubtypeFigure=::quorb::value::valuetype::ValueBase;",
        "fnf(&self,plane:&::core::option::Option<::quorb::ValueRef<Figure>>,base:&::quorb::Abstract<::quorb::ObjectRef>,\
         item:&mut::quorb::Abstract<ShownProxy>)->::quorb::Abstract<ShownProxy>;",
    ] {
        assert!(items.contains(text), "{text}: {items}");
    }
    assert_eq!(
        faults("abstract interface Later;\ninterface A { void f(in Later l); };", &Settings::default()),
        [
            "1:20: interface Later is declared and never defined: include the file that defines it, or name its trait in \
          `external`"
        ]
    );
}

#[test]
fn what_is_omitted_is_missed_where_it_is_used() {
    let settings = Settings { omit: vec!["Handle".to_owned()], ..Settings::default() };
    assert_eq!(faults("native Handle;\ninterface A { void f(); };", &settings), Vec::<String>::new());
    assert_eq!(
        faults("native Handle;\ninterface A { void f(in Handle h); };", &settings),
        ["2:32: Handle is used here, and the settings omit it: name it in `external`"]
    );
}

#[test]
fn settings_that_name_nothing_are_reported() {
    let settings =
        Settings { query: vec!["A::g".to_owned()], faults: vec!["S".to_owned()], ..Settings::default() };
    assert_eq!(
        faults("interface A { void f(); }; struct S { long x; };", &settings),
        ["A::g: the IDL defines no `A::g`", "S: `S` is no operation, attribute, interface or module"]
    );
}

#[test]
fn an_included_file_gives_what_is_used_of_it() {
    let files = Memory::new()
        .with("a.idl", "#include \"b.idl\"\ninterface A { used::S f(); };")
        .with("b.idl", "module used { struct S { long x; }; struct T { long x; }; native N; };");
    let outcome = Compiler::new(&files).compile("a.idl");
    let model = outcome.model.expect("it is valid");
    let items =
        rust(&model, &outcome.sources, "a.idl", &Settings::default()).expect("N is not used").to_string();
    assert!(items.contains("struct S") && !items.contains("struct T"), "{items}");
}

#[test]
fn what_a_valuetype_declares_beside_its_state_is_documented() {
    let idl = "interface Shown {}; valuetype Point supports Shown {\n  public long x;\n  long far(in long from);\n  \
               readonly attribute long size;\n  factory make(in long x);\n};\n";
    let files = Memory::new().with("a.idl", idl);
    let outcome = Compiler::new(&files).compile("a.idl");
    let model = outcome.model.expect("it is valid");
    let items =
        rust(&model, &outcome.sources, "a.idl", &Settings::default()).expect("it has a form").to_string();
    for text in [
        "long far(in long from)",
        "readonly attribute long size",
        "factory make(in long x)",
        "It supports `Shown`",
        "# [doc = \"\"] # [doc = \" It supports",
    ] {
        assert!(items.contains(text), "{text}: {items}");
    }
}

/// Types and interfaces that follow from one another are walked without a call for each.
#[test]
fn long_chains_of_local_types_cost_no_stack() {
    let mut idl = "local interface L0 {};\nstruct S0 { L0 a; };\n".to_owned();
    for n in 1..3000 {
        idl += &format!("struct S{n} {{ S{} a; }};\n", n - 1);
    }
    let files = Memory::new().with("a.idl", &*idl);
    let outcome = Compiler::new(&files).compile("a.idl");
    let model = outcome.model.expect("it is valid");
    let mapped = || {
        let items = rust(&model, &outcome.sources, "a.idl", &Settings::default()).expect("it has a form");
        items.to_string().matches("pub struct S").count()
    };
    let small = std::thread::Builder::new().stack_size(512 << 10);
    let count = std::thread::scope(|scope| small.spawn_scoped(scope, mapped).unwrap().join().unwrap());
    assert_eq!(count, 3000);
}
