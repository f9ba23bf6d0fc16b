//! What the model says: repository ids, values, order, and the text of diagnostics and of the printer.

use quorb_idl::model::{DefinitionKind, Fixed, Literal, Type};
use quorb_idl::{Compiler, Memory, Model, print};

fn model(text: &str) -> Model {
    let files = Memory::new().with("test.idl", text).with("other.idl", OTHER);
    let outcome = Compiler::new(&files).compile("test.idl");
    let said: String = outcome.rendered().collect();
    outcome.model.expect(&said)
}

const OTHER: &str = "#pragma prefix \"other.org\"\nmodule Other { interface I {}; };\n";

fn id_of(model: &Model, name: &str) -> String {
    let id = model.find(name).expect(name);
    model.definition(id).repository_id.clone()
}

fn value_of(model: &Model, name: &str) -> Literal {
    let id = model.find(name).expect(name);
    match &model.definition(id).kind {
        DefinitionKind::Constant(constant) => constant.value.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn prefixes_hold_in_their_file_and_scope() {
    let model = model(
        "#pragma prefix \"a.org\"\n#include \"other.idl\"\nmodule M {\n typedef long A;\n#pragma prefix \"b.org\"\n \
         interface B { exception E {}; };\n};\nmodule M { typedef long C; };\n",
    );
    assert_eq!(id_of(&model, "Other::I"), "IDL:other.org/Other/I:1.0");
    assert_eq!(id_of(&model, "M"), "IDL:a.org/M:1.0");
    assert_eq!(id_of(&model, "M::A"), "IDL:a.org/M/A:1.0");
    assert_eq!(id_of(&model, "M::B::E"), "IDL:b.org/M/B/E:1.0");
    assert_eq!(id_of(&model, "M::C"), "IDL:a.org/M/C:1.0");
}

#[test]
fn ids_are_given_by_pragmas_and_declarations() {
    let model = model(
        "#pragma prefix \"a.org\"\nmodule M {\n interface I {};\n#pragma version I 2.3\n typedef long T;\n\
         #pragma ID T \"LOCAL:mine\"\n};\nmodule N { typeprefix N \"n.org\"; interface J {}; interface K {}; };\n\
         typeid N::K \"IDL:K:3.1\";\n",
    );
    assert_eq!(id_of(&model, "M::I"), "IDL:a.org/M/I:2.3");
    assert_eq!(id_of(&model, "M::T"), "LOCAL:mine");
    assert_eq!(id_of(&model, "N"), "IDL:n.org/N:1.0");
    assert_eq!(id_of(&model, "N::J"), "IDL:n.org/N/J:1.0");
    assert_eq!(id_of(&model, "N::K"), "IDL:K:3.1");
}

#[test]
fn constants_have_their_values() {
    let model = model(
        "const long A = (1 + 2) * 3 - 8 / 2 % 3;\nconst unsigned long B = ~0;\nconst long C = ~0;\n\
         const unsigned long long D = ~0xFF;\nconst fixed E = 10d / 4d;\nconst double F = 1.5 * 2.0;\n\
         const string G = \"a\" \"\\x41\" \"c\";\nconst wchar H = L'\\u20ac';\nconst long I = 1 << 4 | 3 & 2 ^ 1;\n\
         typedef fixed<4, 1> T;\nconst T J = 12.39d;\nconst long K = -7 / 2;\n",
    );
    assert_eq!(value_of(&model, "A"), Literal::Integer(8));
    assert_eq!(value_of(&model, "B"), Literal::Integer(0xffff_ffff));
    assert_eq!(value_of(&model, "C"), Literal::Integer(-1));
    assert_eq!(value_of(&model, "D"), Literal::Integer(0xffff_ffff_ffff_ff00));
    let Literal::Fixed(fixed) = value_of(&model, "E") else { panic!("a fixed") };
    assert_eq!((fixed.to_string().as_str(), fixed.digits(), fixed.scale()), ("2.5d", 2, 1));
    assert_eq!(value_of(&model, "F"), Literal::Float(3.0));
    assert_eq!(value_of(&model, "G"), Literal::String("aAc".to_owned()));
    assert_eq!(value_of(&model, "H"), Literal::WChar('€'));
    assert_eq!(value_of(&model, "I"), Literal::Integer(16 | ((3 & 2) ^ 1)));
    assert_eq!(value_of(&model, "K"), Literal::Integer(-3));
    let Literal::Fixed(cut) = value_of(&model, "J") else { panic!("a fixed") };
    assert_eq!(cut.to_string(), "12.3d");
    assert_eq!(Fixed::mantissa(cut), 123);
}

#[test]
fn types_are_resolved() {
    let model = model("const short N = 2;\ntypedef sequence<string<N + 1>, N> A;\ntypedef A B[N][4];\n");
    let kind = |name: &str| model.definition(model.find(name).expect(name)).kind.clone();
    let a = model.find("A").expect("A");
    let element = Type::String(Some(3));
    assert_eq!(kind("A"), DefinitionKind::Alias(Type::Sequence(Box::new(element), Some(2))));
    assert_eq!(kind("B"), DefinitionKind::Alias(Type::Array(Box::new(Type::Named(a)), vec![2, 4])));
}

#[test]
fn the_canonical_text() {
    let model = model(
        "#include \"other.idl\"\n#pragma prefix \"a.org\"\nmodule M {\n  enum E {one,two}; struct S { long a,b[2]; };\n\
         interface I : Other::I { exception Gone { string why; }; E get(in S from, out long n) raises(Gone); };\n};\n",
    );
    let expected = "\
#pragma prefix \"other.org\"
module Other {
  interface I {
  };
};
#pragma prefix \"a.org\"
module M {
  enum E { one, two };
  struct S {
    long a;
    long b[2];
  };
  interface I : ::Other::I {
    exception Gone {
      string why;
    };
    E get(in S from, out long n) raises (Gone);
  };
};
";
    assert_eq!(print(&model), expected);
}

#[test]
fn diagnostics_show_the_line_and_the_related_place() {
    let files = Memory::new()
        .with("a.idl", "#include \"b.idl\"\n#line 70 \"gen.y\"\n\ttypedef long  count;\n")
        .with("b.idl", "typedef short Count;\n");
    let outcome = Compiler::new(&files).compile("a.idl");
    let said: String = outcome.errors().collect();
    let expected = "\
gen.y:70:16: error[case-collision]: count differs from Count in case alone
     typedef long  count;
                   ^^^^^
b.idl:1:15: note: first declared here
    typedef short Count;
                  ^^^^^
";
    assert_eq!(said, expected);
}

#[test]
fn macros_of_the_command_line_and_the_search_path() {
    let files = Memory::new()
        .with("src/a.idl", "#include \"sub/b.idl\"\n#include <c.idl>\n#if V > 2\ntypedef B A[V];\n#endif\n")
        .with("src/sub/b.idl", "#include \"near.idl\"\n")
        .with("src/sub/near.idl", "typedef long B;\n")
        .with("lib/c.idl", "typedef B C;\n");
    let compiler = Compiler::new(&files).include("none").include("lib").define("V", "3");
    let outcome = compiler.compile("src/a.idl");
    let model = outcome.model.as_ref().expect("valid");
    assert!(model.find("A").is_some() && model.find("C").is_some());
    let names: Vec<&str> = outcome.sources.names().skip(1).collect();
    assert_eq!(names, ["src/a.idl", "src/sub/b.idl", "src/sub/near.idl", "lib/c.idl"]);
}

#[test]
fn a_pragma_annotates_definitions_members_and_parameters() {
    let source = "module M { struct S { long x; }; interface I { void f(in S given); }; };\n#pragma quorb M::S name(\"T\") other\n\
                  #pragma quorb M::S::x id(3)\n#pragma quorb M::I::f query deadline(\"2s\")\n#pragma quorb M::I::f::given default\n";
    let files = Memory::new().with("a.idl", source);
    let outcome = Compiler::new(&files).compile("a.idl");
    let model = outcome.model.expect("it is valid");
    let printed = quorb_idl::print(&model);
    for line in [
        "@name(\"T\")",
        "@other",
        "@id(3) long x;",
        "@query",
        "@deadline(\"2s\")",
        "void f(@default in S given);",
    ] {
        assert!(printed.contains(line), "{line} is not in\n{printed}");
    }
    let wrong = Memory::new().with("a.idl", "interface I {};\n#pragma quorb I\n#pragma quorb J query\n");
    let errors: Vec<String> = Compiler::new(&wrong).compile("a.idl").errors().collect();
    assert!(
        errors.len() == 2 && errors[0].contains("expected #pragma quorb NAME annotation..."),
        "{errors:?}"
    );
}
