//! Random mappings that check, with the schemas of both ends and inputs that fit them.
//!
//! [`program`] makes one from a seed. Its expressions are grown by type from what is in scope, so that nearly all of
//! them pass the checker; [`Program::compile`] compiles it. Whoever compares two evaluators runs both over
//! `Program::inputs`.

#[path = "chance.rs"]
pub mod chance;
#[path = "expressions.rs"]
mod expressions;
#[path = "shapes.rs"]
mod shapes;

use std::collections::BTreeSet;
use std::sync::Arc;

use crossdock::codec::json;
use crossdock::config::TextFile;
use crossdock::diagnostic::{Diagnostic, Sources};
use crossdock::mapping::{Environment, Mapping, Rejections, Shared, Tables, compile_mapping};
use crossdock::schema::{SchemaSource, Schemas};
use crossdock::value::Value;

use chance::Chance;
use expressions::Growth;
use shapes::Shape;

/// A mapping, what it reads, and what it is checked against.
pub struct Program {
    pub seed: u64,
    pub text: String,
    /// JSON texts that fit the source's schema, one document each.
    pub inputs: Vec<String>,
    pub source_schema: String,
    pub target_schema: String,
}

/// A program with what it was checked against.
pub struct Compiled {
    pub schemas: Schemas,
    pub tables: Tables,
    pub mapping: Option<Mapping>,
    pub findings: Vec<Diagnostic>,
}

const TABLE: &str = "code,name,factor:decimal,rank:integer\nCT,carton,1,1\nPX,pallet,0.5,2\nBX,,2,\n";

/// How many inputs a program comes with.
const INPUTS: usize = 4;

/// The program of a seed.
pub fn program(seed: u64) -> Program {
    let mut chance = Chance::new(seed);
    let source = shapes::object(&mut chance, 2);
    let mut growth = Growth::new(&mut chance, &source);
    let body = growth.body();
    let target_schema = growth.target_schema();
    let inputs = (0..INPUTS).map(|_| shapes::document(&source, &mut chance)).collect();
    let text = format!("map made\nfrom g/source@1 as doc\nto   g/target@1\nusing tables codes\n\n{body}");
    let source_schema = shapes::schema(&Shape::Object(source)).to_string();
    Program { seed, text, inputs, source_schema, target_schema }
}

impl Program {
    /// Checks and compiles the program's own text.
    pub fn compile(&self) -> Compiled {
        self.compile_as(&self.text)
    }

    /// Checks and compiles another text between the same schemas.
    pub fn compile_as(&self, text: &str) -> Compiled {
        let mut sources = Sources::default();
        let mut spec = |name: &str, text: &str| SchemaSource {
            name: name.into(),
            source: sources.add(format!("specs/{name}.json"), text),
            text: text.into(),
        };
        let specs = [spec("g/source@1", &self.source_schema), spec("g/target@1", &self.target_schema)];
        let table = TextFile {
            name: "codes".into(),
            source: sources.add("tables/codes.csv", TABLE),
            text: TABLE.into(),
        };
        let (schemas, mut findings) = Schemas::compile(&specs);
        let (tables, more) = Tables::compile(&[table]);
        findings.extend(more);
        let rejections: Rejections = [(Arc::from("no_value"), BTreeSet::new())].into();
        let environment = Environment { schemas: &schemas, tables: &tables, rejections: &rejections };
        let source = sources.add("mappings/made.mapping", text);
        let (mapping, more) = compile_mapping(source, text, &environment, &Shared::default());
        findings.extend(more);
        Compiled { schemas, tables, mapping, findings }
    }

    /// The inputs as the evaluator takes them.
    pub fn values(&self) -> Vec<Value> {
        let value = |text: &String| json::decode(text.as_bytes(), &json::Limits::default());
        self.inputs.iter().map(|text| value(text).expect("inputs are JSON")).collect()
    }
}
