//! Initial references from the environment and the command line (CORBA 3.3 Part 1, 8.5.3).

use super::OrbBuilder;
use super::builder::initialize;
use crate::exception::SystemException;

/// Initial references, `NAME=REF`, separated by white space.
const REFERENCES: &str = "QUORB_INIT_REF";

/// The reference of the naming service.
const NAMES: &str = "QUORB_NAMES";

impl OrbBuilder {
    /// Takes initial references from the environment: `QUORB_INIT_REF` holds `NAME=REF`, several separated by white space;
    /// `QUORB_NAMES` is short for `NameService=...`. What the program says by
    /// [`initial_reference`](OrbBuilder::initial_reference) afterwards counts more.
    ///
    /// # Errors
    /// INITIALIZE if an entry has not the form `NAME=REF`.
    pub fn environment(self) -> Result<OrbBuilder, SystemException> {
        let variable = |name| std::env::var(name).unwrap_or_default();
        self.initial_references_of(&variable(REFERENCES), &variable(NAMES))
    }

    /// Takes initial references from a command line, as CORBA programs know them, and answers what else is there:
    /// `-ORBInitRef NAME=REF`, as often as wanted.
    ///
    /// ```
    /// # fn main() -> Result<(), quorb::SystemException> {
    /// let line = ["--verbose", "-ORBInitRef", "NameService=corbaloc::names.example/NameService", "file"];
    /// let (builder, rest) = quorb::Orb::builder().arguments(line.map(String::from))?;
    /// assert_eq!(rest, ["--verbose", "file"]);
    /// # drop(builder); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// INITIALIZE if an option has no value, or one that has not the form `NAME=REF`.
    pub fn arguments(
        mut self,
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<(OrbBuilder, Vec<String>), SystemException> {
        let (mut arguments, mut rest) = (arguments.into_iter(), Vec::new());
        while let Some(argument) = arguments.next() {
            if argument == "-ORBInitRef" {
                let entry =
                    arguments.next().ok_or_else(|| initialize("-ORBInitRef stands before NAME=REF"))?;
                self = self.initial_reference_of(&entry)?;
            } else {
                rest.push(argument);
            }
        }
        Ok((self, rest))
    }

    fn initial_references_of(mut self, references: &str, names: &str) -> Result<OrbBuilder, SystemException> {
        if !names.trim().is_empty() {
            self = self.initial_reference("NameService", names.trim());
        }
        references.split_whitespace().try_fold(self, |builder, entry| builder.initial_reference_of(entry))
    }

    fn initial_reference_of(self, entry: &str) -> Result<OrbBuilder, SystemException> {
        match entry.split_once('=') {
            Some((name, reference)) if !name.is_empty() && !reference.is_empty() => {
                Ok(self.initial_reference(name, reference))
            }
            _ => Err(initialize(format_args!("an initial reference has the form NAME=REF, not `{entry}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(builder: OrbBuilder, name: &str) -> Result<String, SystemException> {
        let orb = builder.start().await?;
        let found = orb.string_to_object(&format!("corbaloc:rir:/{name}"));
        found.map(|object| {
            format!("{:?}", object.ior().iiop_profiles().flatten().next().map(|p| (p.host, p.port)))
        })
    }

    #[tokio::test]
    async fn references_come_from_the_environment_and_the_command_line() {
        let builder = || OrbBuilder::default();
        let both = "A=corbaloc::a:1/k  B=corbaloc::b:2/k=v";
        let (a, b) = (builder().initial_references_of(both, ""), builder().initial_references_of(both, ""));
        assert_eq!(text(a.unwrap(), "A").await.unwrap(), "Some((\"a\", 1))");
        assert_eq!(text(b.unwrap(), "B").await.unwrap(), "Some((\"b\", 2))");
        let names = builder().initial_references_of("", " corbaloc::n:3/NameService ").unwrap();
        assert_eq!(text(names, "NameService").await.unwrap(), "Some((\"n\", 3))");
        let line = ["x", "-ORBInitRef", "C=corbaloc::c:4/k"].map(String::from);
        let (builder, rest) = builder().arguments(line).unwrap();
        assert_eq!(
            (text(builder, "C").await.unwrap().as_str(), rest),
            ("Some((\"c\", 4))", vec!["x".to_owned()])
        );
    }

    #[test]
    fn what_is_no_entry_is_named() {
        for wrong in ["A", "=corbaloc::h/k", "A="] {
            let refused = OrbBuilder::default().initial_references_of(wrong, "").unwrap_err().to_string();
            assert!(refused.contains("NAME=REF") && refused.contains(wrong), "{refused}");
        }
        let refused = OrbBuilder::default().arguments(["-ORBInitRef".to_owned()]).unwrap_err().to_string();
        assert!(refused.contains("NAME=REF"), "{refused}");
    }
}
