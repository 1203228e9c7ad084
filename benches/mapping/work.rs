//! The mapping, compiled, and that all ways of doing it come to the same.

#[path = "typed.rs"]
pub mod typed;
#[path = "untyped.rs"]
pub mod untyped;

use std::sync::Arc;

use crossdock::clock::Moment;
use crossdock::codec::json::{self, Limits};
use crossdock::config::TextFile;
use crossdock::diagnostic::{Sources, render};
use crossdock::mapping::{
    Context, Environment, Mapping, Program, Rejections, Shared, Tables, compile_mapping, with_arena,
};
use crossdock::schema::{SchemaSource, Schemas};
use crossdock::value::Value;

pub const BOOKING: &[u8] = include_bytes!("booking.json");
const MAPPING: &str = include_str!("booking_to_sales_order.mapping");
const ORDER: &str = include_str!("sales-order@1.json");
const UNITS: &str = include_str!("uom.csv");

/// The mapping and what it reads besides its input.
pub struct Work {
    mapping: Mapping,
    tables: Tables,
}

impl Work {
    pub fn new() -> Work {
        let mut sources = Sources::default();
        let order = sources.add("specs/erp/sales-order@1.json", ORDER);
        let order = SchemaSource { name: "erp/sales-order@1".into(), source: order, text: ORDER.into() };
        let units = sources.add("tables/uom.csv", UNITS);
        let units = TextFile { name: "uom".into(), source: units, text: UNITS.into() };
        let (schemas, mut findings) = Schemas::compile(&[order]);
        let (tables, more) = Tables::compile(&[units]);
        findings.extend(more);
        let rejections: Rejections = [(Arc::from("unmapped_unit"), Default::default())].into();
        let environment = Environment { schemas: &schemas, tables: &tables, rejections: &rejections };
        let source = sources.add("booking_to_sales_order.mapping", MAPPING);
        let (mapping, more) = compile_mapping(source, MAPPING, &environment, &Shared::default());
        findings.extend(more);
        let mapping =
            mapping.unwrap_or_else(|| panic!("{}", render::text::render(&findings, &sources, false)));
        Work { mapping, tables }
    }

    pub fn program(&self) -> &Program {
        &self.mapping.program
    }

    pub fn context(&self) -> Context<'_> {
        Context::new(Moment(1_772_366_400_000_000_000), &self.tables)
    }

    pub fn decoded(&self) -> Value {
        json::decode(BOOKING, &Limits::default()).expect("a booking")
    }

    /// From bytes to bytes.
    pub fn map(&self, bytes: &[u8], context: &Context<'_>, out: &mut Vec<u8>) {
        let present = with_arena(|arena| {
            let view = json::view(bytes, &Limits::default(), arena).expect("a booking");
            self.program().write_fast(&[Some(view)], context, arena, out).expect("it does not give up")
        });
        assert!(present);
    }

    /// The same by the evaluator that says what is right.
    pub fn map_by_reference(&self, bytes: &[u8], context: &Context<'_>, out: &mut Vec<u8>) {
        let booking = json::decode(bytes, &Limits::default()).expect("a booking");
        let order = self.program().eval(&[Some(booking)], context).expect("an order");
        json::encode_into(&order.expect("an order"), out);
    }

    /// All ways come to the same order, and the fast evaluator makes it alone.
    pub fn agree(&self) {
        let (context, table) = (self.context(), table());
        let (mut fast, mut reference) = (Vec::new(), Vec::new());
        self.map(BOOKING, &context, &mut fast);
        self.map_by_reference(BOOKING, &context, &mut reference);
        assert_eq!(String::from_utf8_lossy(&fast), String::from_utf8_lossy(&reference));
        assert!(self.program().eval_fast(&[Some(self.decoded())], &context).is_some());
        let booking = serde_json::from_slice(BOOKING).expect("a booking");
        let untyped = serde_json::to_vec(&untyped::order(&booking, &table)).expect("an order");
        assert_eq!(String::from_utf8_lossy(&fast), String::from_utf8_lossy(&untyped));
        let booking = serde_json::from_slice(BOOKING).expect("a booking");
        let typed = serde_json::to_vec(&typed::order(&booking, &table)).expect("an order");
        assert_eq!(String::from_utf8_lossy(&fast), String::from_utf8_lossy(&typed));
    }
}

/// The code table as one would hold it by hand.
pub fn table() -> untyped::Table {
    let rows = UNITS.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.map(|(package, unit)| (package.to_owned(), unit.to_owned())).collect()
}
