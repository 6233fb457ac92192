//! `byokey config`: check, path, show, schema.

use std::process::ExitCode;

use anyhow::Context as _;
use byokey_config::{Env, Overrides, Source, json_schema, load, locate};

use crate::{
    cli::{Config, ConfigCommand, File},
    report,
};

/// Runs it.
///
/// # Errors
/// When the configuration is wrong or cannot be printed.
pub(crate) fn run(options: Config) -> anyhow::Result<ExitCode> {
    let env = Env::process();
    let text = match options.what {
        ConfigCommand::Check(file) => {
            let loaded = load(&source(file), &Overrides::default(), &env)?;
            for warning in &loaded.warnings {
                report::warn(&format!("warning: {warning}\n"));
            }
            match loaded.path {
                Some(path) => format!("{} is valid\n", path.display()),
                None => "there is no configuration file; the defaults are in force\n".to_owned(),
            }
        }
        ConfigCommand::Path(file) => {
            let located = locate(&source(file), &env)
                .context("there is no home directory to look in; name a file with `--config`")?;
            format!("{}\n", located.path.display())
        }
        ConfigCommand::Show(file) => {
            let loaded = load(&source(file), &Overrides::default(), &env)?;
            pretty(&loaded.settings.show())?
        }
        ConfigCommand::Schema => pretty(&json_schema())?,
    };
    report::say(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn source(file: File) -> Source {
    Source {
        config: file.config,
    }
}

fn pretty(value: &serde_json::Value) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}
