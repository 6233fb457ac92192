//! The table that a run ends with.

use std::fmt::{self, Write as _};

use crate::{
    results::{Compared, Latency, Results},
    statistics::{Summary, number},
};

/// Draws everything.
///
/// # Errors
/// Never, as long as there is memory.
pub(crate) fn draw(results: &Results) -> Result<String, fmt::Error> {
    let mut out = String::new();
    head(&mut out, results)?;
    requests(&mut out, results)?;
    streams(&mut out, results)?;
    process(&mut out, results)?;
    Ok(out)
}

/// More than this of the machine, and others disturb: percent.
const QUIET: f64 = 5.0;

fn head(out: &mut String, results: &Results) -> fmt::Result {
    let commit = results.commit.as_deref().unwrap_or("no commit");
    let processor = results
        .machine
        .processor
        .as_deref()
        .unwrap_or("unknown processor");
    writeln!(
        out,
        "\nbyokey beside direct, in turns, in one run of {:.0} s",
        results.seconds
    )?;
    writeln!(out, "{}; the checkout is at {commit}", results.byokey)?;
    write!(out, "{} × {processor}; ", results.machine.processors)?;
    match &results.cores {
        Some(cores) => writeln!(
            out,
            "byokey alone on cpu {}, load and upstream together on cpu {}",
            cores.byokey, cores.load
        )?,
        None => writeln!(out, "nothing pinned: fewer than two cores, or no `taskset`")?,
    }
    if let Some(others) = results.others_percent {
        let warning = if others > QUIET {
            "; not a quiet machine"
        } else {
            ""
        };
        writeln!(out, "others used {others:.1} % of the machine{warning}")?;
    }
    writeln!(
        out,
        "direct: the same answer from the same upstream, asked in the upstream's format; medians, ± half the range of rounds"
    )
}

fn requests(out: &mut String, results: &Results) -> fmt::Result {
    writeln!(
        out,
        "\n{:<20}  {:<6}  {:>29}  {:>9}  {:>36}  {:>27}",
        "requests", "", "a second, saturated", "CPU", "p50, one connection", "p99"
    )?;
    writeln!(
        out,
        "{:<20}  {:<6}  {:>8}{:>8}{:>7}{:>6}  {:>9}  {:>9}{:>9}{:>9}{:>9}  {:>9}{:>9}{:>9}",
        "",
        "",
        "direct",
        "byokey",
        "ratio",
        "±",
        "µs each",
        "direct",
        "byokey",
        "added",
        "±",
        "direct",
        "byokey",
        "added"
    )?;
    for row in &results.requests {
        write!(out, "{:<20}  {:<6}  ", row.route, row.size)?;
        compared(out, &row.per_second)?;
        write!(out, "  {:>9}  ", optional(row.cpu_us_per_request, 1))?;
        latency(out, &row.latency)?;
    }
    Ok(())
}

fn streams(out: &mut String, results: &Results) -> fmt::Result {
    writeln!(
        out,
        "\n{:<28}  {:>29}  {:>9}  {:>36}  {:>27}",
        "streams", "events a second, saturated", "CPU", "first byte p50", "p99"
    )?;
    for row in &results.streams {
        write!(out, "{:<28}  ", row.route)?;
        compared(out, &row.events_per_second)?;
        write!(out, "  {:>9}  ", optional(row.cpu_us_per_event, 2))?;
        latency(out, &row.first_byte)?;
    }
    Ok(())
}

fn process(out: &mut String, results: &Results) -> fmt::Result {
    writeln!(out, "\nbyokey's process")?;
    for row in &results.memory {
        let mib = |kib| number(kib) / 1024.0;
        let each = number(row.open_kib.saturating_sub(row.idle_kib)) / number(row.streams);
        writeln!(
            out,
            "{:<28}  idle {:.1} MiB, under {} open streams {:.1} MiB ({each:.1} KiB each), after {:.1} MiB",
            format!("memory, {}", row.route),
            mib(row.idle_kib),
            row.streams,
            mib(row.open_kib),
            mib(row.after_kib),
        )?;
    }
    let starts = results.starts;
    writeln!(
        out,
        "{:<28}  {:.0} ± {:.0} ms the first time, {:.0} ± {:.0} ms then",
        "start to first answer",
        starts.first_ms.median,
        starts.first_ms.spread(),
        starts.again_ms.median,
        starts.again_ms.spread(),
    )?;
    if let Some(bytes) = results.binary_bytes {
        writeln!(out, "{:<28}  {:.1} MB", "binary", number(bytes) / 1e6)?;
    }
    Ok(())
}

fn compared(out: &mut String, compared: &Compared) -> fmt::Result {
    let Compared {
        direct,
        byokey,
        ratio,
    } = compared;
    write!(
        out,
        "{:>8}{:>8}{:>7.2}{:>6.2}",
        large(*direct),
        large(*byokey),
        ratio.median,
        ratio.spread()
    )
}

fn latency(out: &mut String, latency: &Latency) -> fmt::Result {
    writeln!(
        out,
        "{:>9}{:>9}{:>9}{:>9}  {:>9}{:>9}{:>9}",
        time(latency.direct_p50_us),
        time(latency.byokey_p50_us),
        time(latency.added_p50_us),
        time(latency.added_p50_us_by_round.spread()),
        time(latency.direct_p99_us),
        time(latency.byokey_p99_us),
        time(latency.added_p99_us),
    )
}

/// Small rates with a decimal, large ones without.
fn large(summary: Summary) -> String {
    let digits = usize::from(summary.median < 1_000.0);
    format!("{:.digits$}", summary.median)
}

/// `87 µs`, `12.3 ms`.
fn time(micros: f64) -> String {
    if micros.abs() < 1_000.0 {
        format!("{micros:.0} µs")
    } else {
        format!("{:.1} ms", micros / 1_000.0)
    }
}

fn optional(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn times_take_the_unit_that_reads() {
        assert_eq!(
            [0.4, 87.2, -3.0, 999.4, 12_345.0].map(time),
            ["0 µs", "87 µs", "-3 µs", "999 µs", "12.3 ms"]
        );
    }
}
