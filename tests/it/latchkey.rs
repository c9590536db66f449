//! The command line as operators run it.

use serde_json::Value;
use std::process::{Child, Command, Output, Stdio};

/// The command line with an environment of its own. The variables of the test process are not passed on.
#[derive(Debug, Clone, Default)]
pub struct Latchkey(Vec<(String, String)>);

impl Latchkey {
    /// Creates an environment with these variables.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self::default().and(variables)
    }

    /// Adds these variables.
    pub fn and(&self, variables: &[(&str, &str)]) -> Self {
        let more = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self(self.0.iter().cloned().chain(more).collect())
    }

    /// Runs a command and waits until it ends.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Starts a command. The caller reads its output while it runs.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Runs a command that must succeed. Returns the lines of JSON that it prints.
    pub fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        lines(&output)
    }

    /// Runs a command that must succeed. Returns the last line of JSON that it prints.
    pub fn last(&self, arguments: &[&str]) -> Value {
        self.lines(arguments).pop().unwrap_or_else(|| panic!("{arguments:?} printed nothing"))
    }

    /// Runs a command that must succeed. Returns the text that it prints for people.
    pub fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must end with this exit status. Returns its error message.
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

/// Returns the lines of JSON that a command has printed.
pub fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{output:?}"))).collect()
}
