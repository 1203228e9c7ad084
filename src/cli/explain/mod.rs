//! `crossdock explain DIR MAPPING [TARGET.PATH]`: where a field comes from, without running anything.

mod ask;
mod flow;
mod mapping;
mod show;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::show::Told;
use super::output::{self, Colour};
use crate::config::Environment;
use crate::plan;

/// Say where a field comes from: from which fields, through which functions and tables
///
/// Reads the mapping, not a run: what is said holds for every input. "Decided by" are the fields that
/// conditions look at (`if`, `match`, `where`; in a flow `when` and `switch` too).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  crossdock explain my-project booking_to_sales_order
  crossdock explain my-project booking_to_sales_order lines.unit
  crossdock explain my-project booking_to_sales_order --from booking.packages.type
  crossdock explain my-project --flow book_shipment
  crossdock explain my-project --flow book_shipment booked.order.soldTo
  crossdock explain my-project --flow book_shipment --from booking.reference

In a flow, a field is written STEP.FIELD: of a `call` a field of the body that is sent (`path.NAME` and
`query.NAME` for what stands in the address), of a `respond` a field of the answer, of a `set` one of its value.

Exit codes: 0 explained, 1 the project has errors, or nothing is written there, 2 could not run.")]
pub(super) struct Options {
    /// The project: the folder that holds `gateway.yaml`
    dir: PathBuf,
    /// The mapping's name; with --flow the field, STEP.FIELD
    name: Option<String>,
    /// The field of the target; all of them unless said
    path: Option<String>,
    /// Across this flow, from what its steps send back to its inputs and the answers of systems
    #[arg(long, value_name = "FLOW")]
    flow: Option<String>,
    /// The other way: the fields that come from this one
    #[arg(long, value_name = "SOURCE.PATH")]
    from: Option<String>,
    /// How to print: for people, for scripts
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
}

/// Forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

/// Runs the command.
pub(super) fn run(options: &Options) -> u8 {
    if let Err(why) = output::folder(&options.dir) {
        return output::could_not(why);
    }
    let checked = plan::check(&options.dir, &Environment::of_process());
    let Some(plan) = &checked.plan else {
        output::say_findings(&checked.diagnostics, &checked.project.sources, Colour::Auto);
        return output::FINDINGS;
    };
    let sources = &checked.project.sources;
    let told = match (&options.flow, &options.name, &options.path) {
        (Some(_), _, Some(_)) => Err("with `--flow` write the field as one: STEP.FIELD".to_owned()),
        (Some(flow), field, None) => {
            flow::explain(plan, sources, flow, field.as_deref(), options.from.as_deref())
        }
        (None, Some(name), path) => {
            mapping::explain(plan, sources, name, path.as_deref(), options.from.as_deref())
        }
        (None, None, _) => Err("name a mapping, or a flow with `--flow`".to_owned()),
    };
    match told {
        Ok(told) => said(&told, options.format),
        Err(why) => output::could_not(why),
    }
}

fn said(told: &Told, format: Form) -> u8 {
    match format {
        Form::Json => output::say_json(&told.json()),
        Form::Text => output::say(&told.text()),
    }
    if told.is_empty() { output::FINDINGS } else { output::CLEAN }
}
