//! What can be wrong with a configuration, told so that it can be put right.

use std::{fmt, io};

/// Where in the layers a value was said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file; the home directory is written `~`.
    File {
        /// The path.
        file: String,
        /// The line, from 1, when it is known.
        line: Option<u64>,
    },
    /// In an environment variable.
    Variable(String),
    /// In a flag of the command line.
    Flag(&'static str),
    /// In none of them: a default, or the whole.
    Whole,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File {
                file,
                line: Some(line),
            } => write!(f, "{file}:{line}"),
            Self::File { file, line: None } => f.write_str(file),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
            Self::Whole => f.write_str("configuration"),
        }
    }
}

/// One thing that is wrong. None of its texts contains a value that may be secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it was said.
    pub place: Place,
    /// The dotted path of the setting; empty for the whole file.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was asked for does not exist.
    #[error("`{file}`, named by {named_by}, does not exist; create it or name another")]
    Missing {
        /// The path.
        file: String,
        /// Who named it: `--config`, `$BYOKEY_CONFIG`.
        named_by: &'static str,
    },
    /// The file cannot be read.
    #[error("cannot read `{file}`")]
    Read {
        /// The path.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What the layers say is wrong; one line a problem, in the order of the file.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

impl ConfigError {
    /// The problems with what is said; empty when the file could not be read at all.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid(problems) => problems,
            Self::Missing { .. } | Self::Read { .. } => &[],
        }
    }
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
