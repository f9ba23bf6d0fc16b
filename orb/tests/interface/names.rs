//! Unusual names: raw identifiers, names of the prelude, names that generated code might use itself.

use quorb::model::OperationDesc;
use quorb::{IdlType, Proxy, Tie, interface};

use crate::transport::everywhere;

#[interface]
trait Keyword {
    #[attribute(set)]
    fn r#type(&self) -> String;
    fn r#match(&self, r#in: i32, r#struct: &str) -> String;
    #[idl(name = "camelCase")]
    fn snake_case(&self, #[idl(name = "theArgument")] the_argument: i32, _unused: u8) -> i32;
    #[idl(name = "blocking")]
    fn really_blocking(&self) -> bool;
    /// Names of the generated code's own neighbourhood.
    #[allow(clippy::too_many_arguments)]
    async fn neighbours(
        &self,
        cell: u8,
        call: u8,
        value: u8,
        object: u8,
        proxy: u8,
        result: &mut u8,
        w: u8,
        r: u8,
    ) -> u8;
    fn more_neighbours(&self, servant: u8, cx: u8, f: u8, types: &mut u8, place: u8) -> u8;
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Words(String);

impl Keyword for Words {
    fn r#type(&self) -> String {
        self.0.clone()
    }

    fn set_type(&mut self, value: String) {
        self.0 = value;
    }

    fn r#match(&self, r#in: i32, r#struct: &str) -> String {
        format!("{} {}", r#in, r#struct)
    }

    fn snake_case(&self, the_argument: i32, _unused: u8) -> i32 {
        the_argument
    }

    fn really_blocking(&self) -> bool {
        true
    }

    async fn neighbours(
        &self,
        cell: u8,
        call: u8,
        value: u8,
        object: u8,
        proxy: u8,
        result: &mut u8,
        w: u8,
        r: u8,
    ) -> u8 {
        *result += 1;
        cell + call + value + object + proxy + w + r
    }

    fn more_neighbours(&self, servant: u8, cx: u8, f: u8, types: &mut u8, place: u8) -> u8 {
        *types += 1;
        servant + cx + f + place
    }
}

#[tokio::test]
async fn keywords_and_neighbours() {
    everywhere(
        || KeywordServant::new(Words("t".into())),
        async |keyword: KeywordProxy| {
            keyword.set_type("u".into()).await.unwrap();
            assert_eq!(keyword.r#type().await.unwrap(), "u");
            assert_eq!(keyword.r#match(1, "a").await.unwrap(), "1 a");
            assert_eq!(keyword.snake_case(3, 0).await, Ok(3));
            assert_eq!(keyword.really_blocking().await, Ok(true));
            let mut result = 1;
            assert_eq!(keyword.neighbours(1, 1, 1, 1, 1, &mut result, 1, 1).await, Ok(7));
            assert_eq!(keyword.more_neighbours(1, 1, 1, &mut result, 1).await, Ok(4));
            assert_eq!(result, 3);
        },
    )
    .await;
    let names: Vec<&str> = KeywordProxy::interface().describe().operations.iter().map(wire_name).collect();
    assert_eq!(
        names,
        ["_get_type", "_set_type", "match", "camelCase", "blocking", "neighbours", "more_neighbours"]
    );
    let parameters = &KeywordProxy::interface().describe().operations[3].signature.parameters;
    assert_eq!((parameters[0].name.as_str(), parameters[1].name.as_str()), ("theArgument", "unused"));
}

fn wire_name(operation: &OperationDesc) -> &str {
    &operation.name
}

/// Every name of the prelude that generated code could mean means something else here.
#[allow(dead_code, non_camel_case_types, unused_macros)]
mod shadows {
    use quorb::{Exception, IdlType, interface};

    pub(super) struct Result;
    pub(super) struct Vec;
    pub(super) struct Box;
    pub(super) struct Some;
    pub(super) struct Send;
    pub(super) struct Default;
    pub(super) struct Arc;
    pub(super) struct Future;
    pub(super) fn drop() {}
    macro_rules! vec {
        () => {};
    }
    macro_rules! unreachable {
        () => {};
    }

    #[derive(Debug, Clone, PartialEq, IdlType)]
    pub(super) enum Option {
        None(u8),
        Some(super::Text),
    }

    #[derive(Debug, Clone, PartialEq, IdlType)]
    pub(super) struct String {
        pub(super) ok: bool,
        pub(super) list: super::List,
    }

    #[derive(Debug, Clone, PartialEq, Exception)]
    pub(super) struct Ok {
        pub(super) err: String,
    }

    #[derive(Debug, Clone, PartialEq, Exception)]
    pub(super) enum Err {
        Ok(Ok),
    }

    #[interface]
    pub(super) trait Sync {
        #[attribute(set)]
        fn fault(&self) -> String;
        async fn clash(&mut self, option: Option, string: &mut String) -> std::result::Result<String, Err>;
        fn plain(&self, #[default] flag: bool) -> (Option, String);
    }
}

type Text = String;
type List = Vec<i32>;

struct Shadow(shadows::String);

impl shadows::Sync for Shadow {
    fn fault(&self) -> shadows::String {
        self.0.clone()
    }

    fn set_fault(&mut self, value: shadows::String) {
        self.0 = value;
    }

    async fn clash(
        &mut self,
        option: shadows::Option,
        string: &mut shadows::String,
    ) -> Result<shadows::String, shadows::Err> {
        string.ok = !string.ok;
        match option {
            shadows::Option::None(_) => Ok(self.0.clone()),
            shadows::Option::Some(_) => Err(shadows::Ok { err: self.0.clone() }.into()),
        }
    }

    fn plain(&self, flag: bool) -> (shadows::Option, shadows::String) {
        (shadows::Option::None(flag.into()), self.0.clone())
    }
}

#[tokio::test]
async fn names_of_the_prelude_may_mean_something_else() {
    let string = shadows::String { ok: true, list: vec![1] };
    let shadow = shadows::SyncServant::new(Shadow(string.clone())).into_local_proxy();
    let mut other = shadows::String { ok: false, list: vec![] };
    assert_eq!(shadow.clash(shadows::Option::None(1), &mut other).await, Ok(string.clone()));
    assert!(other.ok);
    let raised = shadows::Err::Ok(shadows::Ok { err: string.clone() });
    assert_eq!(
        shadow.clash(shadows::Option::Some("s".into()), &mut other).await,
        Err(quorb::Fault::User(raised))
    );
    assert_eq!(shadow.plain(true).await, Ok((shadows::Option::None(1), string)));
}

#[interface]
trait T {
    fn t(&self, t: X) -> X;
}

#[derive(Debug, Clone, PartialEq, IdlType)]
struct X {
    t: i32,
}

struct U;

impl T for U {
    fn t(&self, t: X) -> X {
        t
    }
}

#[tokio::test]
async fn an_interface_called_like_a_type_parameter() {
    let t = TServant::new(U).into_local_proxy();
    assert_eq!(t.t(X { t: 1 }).await, Ok(X { t: 1 }));
}
