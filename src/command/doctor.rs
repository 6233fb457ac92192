//! `byokey doctor`: is what is there as it should be?

use std::process::ExitCode;

use anyhow::Context as _;

use crate::{
    cli::Doctor,
    doctor::{self, Endpoint, House, Sheet},
    report,
};

/// Runs the conformance suite.
///
/// # Errors
/// When it cannot be run at all.
pub(crate) fn run(options: Doctor) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let json = options.json;
    let sheet = runtime.block_on(conformance(options));
    runtime.shutdown_background();
    let sheet = sheet?;
    let text = if json {
        format!("{:#}\n", sheet.json())
    } else {
        sheet.text()
    };
    report::say(&text).context("cannot write to stdout")?;
    Ok(if sheet.passed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn conformance(options: Doctor) -> anyhow::Result<Sheet> {
    if let Some(url) = &options.url {
        let endpoint = Endpoint::new(url, options.key)?;
        let cells = doctor::visit(&endpoint, options.model).await?;
        return Ok(doctor::run(endpoint.base(), &cells).await);
    }
    let house = House::open().await?;
    let sheet = doctor::run("byokey, from every format to every format", &house.cells()).await;
    house.close().await;
    Ok(sheet)
}
