//! What a run reads is what the lineage says: the two are made apart from each other, and neither may know of a field that
//! the other does not.

use std::path::Path;
use std::sync::Mutex;

use crossdock::clock::Moment;
use crossdock::config::Environment;
use crossdock::mapping::{Asked, Context, FieldDescent, Key, Mapping, Observer, Place, Written};
use crossdock::plan::{self, Plan};
use crossdock::schema::Chance;
use crossdock::value::Value;

/// Inputs that each mapping is tried on.
const INPUTS: usize = 12;

/// A field, the places it was made from, and the places that decided.
type Told = (String, Vec<Place>, Vec<Place>);

#[derive(Debug, Default)]
struct Fields(Mutex<Vec<Told>>);

impl Observer for Fields {
    fn field(&self, field: &Written<'_>) {
        if !field.holds_fields {
            let told = (field.target.to_string(), field.made.from.clone(), field.made.decided_by.clone());
            self.0.lock().expect("no panic before").push(told);
        }
    }
}

/// The same place, whichever items it went through.
fn without_items(place: &Place) -> Place {
    let keys = place.keys.iter().map(|key| match key {
        Key::Item(_) | Key::Items => Key::Items,
        Key::Field(name) => Key::Field(name.clone()),
    });
    Place { slot: place.slot, keys: keys.collect() }
}

fn plan() -> Plan {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/logistics");
    plan::check(&dir, &Environment::default()).plan.expect("the example has no errors")
}

fn inputs(plan: &Plan, mapping: &Mapping, chance: &mut Chance) -> Option<Vec<Option<Value>>> {
    mapping.inputs.iter().map(|input| plan.schemas.made_up(&input.schema, chance).map(Some)).collect()
}

#[test]
fn a_run_reads_what_the_lineage_says() {
    let plan = plan();
    let mut seen = 0;
    for mapping in plan.mappings.values() {
        let lineage = mapping.descent().fields();
        let mut chance = Chance::new(1, &mapping.name);
        for _ in 0..INPUTS {
            let Some(inputs) = inputs(&plan, mapping, &mut chance) else { continue };
            let fields = Fields::default();
            let context = Context { observer: Some(&fields), ..Context::new(Moment(0), &plan.tables) };
            // Also what went wrong has read something.
            let _ = mapping.program.eval(&inputs, &context);
            for told in fields.0.into_inner().expect("no panic before") {
                agrees(mapping, &lineage, &told);
                seen += 1;
            }
        }
    }
    assert!(seen > 500, "only {seen} fields were looked at");
}

fn agrees(mapping: &Mapping, lineage: &[FieldDescent], (target, from, decided_by): &Told) {
    let names = target.split('/').skip(1).filter(|name| name.parse::<usize>().is_err());
    let path: Vec<Key> = names.map(|name| Key::Field(name.into())).collect();
    let known = match Asked::of(lineage, &path) {
        Asked::Fields(fields) => fields,
        Asked::Inside(field) => vec![field],
        Asked::Nothing => panic!("{}: the lineage does not know {target}", mapping.name),
    };
    // One may speak of a whole where the other speaks of a part of it.
    let same = |one: &Place, other: &Place| {
        let (one, other) = (without_items(one), without_items(other));
        one.slot == other.slot && one.keys.iter().zip(&other.keys).all(|(one, other)| one == other)
    };
    let holds = |places: &[Place], place: &Place| places.iter().any(|known| same(known, place));
    for place in from {
        let said = known.iter().any(|field| holds(&field.origin.from, place));
        assert!(said, "{}: {target} was made from {place:?}, the lineage says {known:?}", mapping.name);
    }
    for place in decided_by {
        let said = known
            .iter()
            .any(|field| holds(&field.origin.decided_by, place) || holds(&field.origin.from, place));
        assert!(said, "{}: {place:?} decided on {target}, the lineage says {known:?}", mapping.name);
    }
}
