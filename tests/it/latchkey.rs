//! The command line, as operators run it.

use serde_json::Value;
use std::process::{Child, Command, Output, Stdio};

/// An environment, and nothing of that of the tests.
#[derive(Debug, Clone, Default)]
pub struct Latchkey(Vec<(String, String)>);

impl Latchkey {
    /// With these variables.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self::default().and(variables)
    }

    /// With these in addition.
    pub fn and(&self, variables: &[(&str, &str)]) -> Self {
        let more = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self(self.0.iter().cloned().chain(more).collect())
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Starts a command whose output is read meanwhile.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Runs a command that succeeds, and returns the lines of JSON that it prints.
    pub fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        lines(&output)
    }

    /// Runs a command that succeeds, and returns the last of these lines.
    pub fn last(&self, arguments: &[&str]) -> Value {
        self.lines(arguments).pop().unwrap_or_else(|| panic!("{arguments:?} printed nothing"))
    }

    /// Runs a command that succeeds, and returns what it prints for people.
    pub fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that ends with this exit status, and returns why.
    pub fn refusal(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-service"));
        command.env_clear().envs(self.0.iter().cloned()).args(arguments);
        command
    }
}

/// The lines of JSON that a command has printed.
pub fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{output:?}"))).collect()
}
