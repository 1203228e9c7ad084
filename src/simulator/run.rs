//! Goes through an operation's cases until one answers.

use std::sync::Arc;

use super::answer::Reply;
use super::stub::{Answer, Case, Cases, Selection, Stub};
use super::world::{Changes, World};
use crate::clock::Moment;
use crate::http::HeaderValue;
use crate::mapping::{Compiled, Context, Error, Tables};
use crate::value::{Map, Value};

/// One call to a stub, with what its expressions see.
pub(super) struct Run<'a> {
    pub stub: &'a Stub,
    pub operation: &'a Arc<str>,
    pub cases: &'a Cases,
    pub world: &'a mut World,
    pub tables: &'a Tables,
    pub now: Moment,
    /// In the order of [`super::stub::NAMES`]; grows by what is found.
    pub slots: Vec<Option<Value>>,
}

/// The words about what did not work out.
type Wrong = String;

impl Run<'_> {
    /// What the stub answers; its state is changed.
    pub fn answer(mut self) -> Reply {
        match self.first_case() {
            Ok(Some(reply)) => reply,
            Ok(None) => Reply::unanswered(format!(
                "no case of the stub of `{}` answers this; end `{}` with a case that has no `when`",
                self.stub.system.name, self.operation
            )),
            Err(wrong) => Reply::unanswered(format!(
                "the stub of `{}` cannot answer `{}`: {wrong}",
                self.stub.system.name, self.operation
            )),
        }
    }

    fn first_case(&mut self) -> Result<Option<Reply>, Wrong> {
        let cases = self.cases;
        for (at, case) in cases.cases.iter().enumerate() {
            let next = self.look(case)?;
            if !self.holds(&case.when)? || self.is_used_up(at, case) {
                continue;
            }
            let Some(answer) = &case.answer else { continue };
            return self.take(at, case, next, answer).map(Some);
        }
        Ok(None)
    }

    /// Puts what the case finds, and the counter's next value, into the slots.
    fn look(&mut self, case: &Case) -> Result<Option<(Arc<str>, i64)>, Wrong> {
        let mut all = Vec::with_capacity(case.finds.len());
        for find in &case.finds {
            let mut found = self.select(&find.select)?.into_iter().map(|(_, record)| record);
            let found = match find.all {
                true => Some(Value::array(found.collect())),
                false => found.next(),
            };
            all.push(found);
        }
        self.slots.extend(all);
        let next = case.next.as_ref().map(|name| {
            let now = self.world.counters.get(name).copied().unwrap_or_default();
            (name.clone(), now.saturating_add(1))
        });
        if let Some((_, value)) = &next {
            self.slots.push(Some(Value::from(*value)));
        }
        Ok(next)
    }

    fn is_used_up(&self, at: usize, case: &Case) -> bool {
        let Some(times) = case.times else { return false };
        let answered = self.world.answered.get(&(self.operation.clone(), at)).copied();
        answered.unwrap_or_default() >= times
    }

    /// Works everything out, then changes the state: a case that fails changes nothing.
    fn take(
        &mut self,
        at: usize,
        case: &Case,
        next: Option<(Arc<str>, i64)>,
        answer: &Answer,
    ) -> Result<Reply, Wrong> {
        let changes = self.changes(case, next)?;
        let reply = self.reply(answer)?;
        *self.world.answered.entry((self.operation.clone(), at)).or_default() += 1;
        if reply.fault != Some(super::Fault::Refused) {
            self.world.apply(changes);
        }
        Ok(reply)
    }

    fn changes(&self, case: &Case, counter: Option<(Arc<str>, i64)>) -> Result<Changes, Wrong> {
        let mut changes = Changes { counter, ..Changes::default() };
        for (list, program) in &case.inserts {
            let record = self.eval(program, None)?.ok_or("the record to insert is absent")?;
            changes.inserts.push((list.clone(), record));
        }
        if let Some(update) = &case.update {
            for (at, record) in self.select(&update.select)? {
                let mut members: Map = record.as_object().cloned().unwrap_or_default();
                for (name, program) in &update.set {
                    match self.eval(program, Some(&record))? {
                        Some(value) => drop(members.insert(name.clone(), value)),
                        None => drop(members.remove(name)),
                    }
                }
                changes.updates.push((update.select.list.clone(), at, Value::object(members)));
            }
        }
        if let Some(remove) = &case.remove {
            let places = self.select(remove)?.into_iter().map(|(at, _)| at).collect();
            changes.removes = Some((remove.list.clone(), places));
        }
        Ok(changes)
    }

    fn reply(&self, answer: &Answer) -> Result<Reply, Wrong> {
        let value = |program: &Option<Compiled>| match program {
            Some(program) => self.eval(program, None),
            None => Ok(None),
        };
        let mut headers = Vec::new();
        for (name, program) in &answer.headers {
            let Some(value) = self.eval(program, None)? else { continue };
            let text = match &value {
                Value::String(text) => text.to_string(),
                Value::Number(number) => number.to_string(),
                other => return Err(format!("the header `{name}` is {}", other.kind().name())),
            };
            let text =
                HeaderValue::from_str(&text).map_err(|_| format!("`{name}` holds what no header may"))?;
            headers.push((name.clone(), text));
        }
        Ok(Reply {
            place: Some(answer.place.clone()),
            status: answer.status,
            headers,
            body: value(&answer.body)?,
            error: value(&answer.error)?,
            text: answer.text.as_ref().map(|text| text.to_string()),
            delay: answer.delay.unwrap_or(self.stub.delay),
            fault: answer.fault,
            silence: None,
        })
    }

    /// The records of a list that fit, with their places.
    fn select(&self, selection: &Selection) -> Result<Vec<(usize, Value)>, Wrong> {
        let Some(list) = self.world.lists.get(&selection.list) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (at, record) in list.records.iter().enumerate() {
            let fits = match &selection.condition {
                Some(condition) => is_true(self.eval(condition, Some(record))?)?,
                None => true,
            };
            if fits {
                found.push((at, record.clone()));
            }
        }
        Ok(found)
    }

    fn holds(&self, condition: &Option<Compiled>) -> Result<bool, Wrong> {
        match condition {
            Some(condition) => is_true(self.eval(condition, None)?),
            None => Ok(true),
        }
    }

    fn eval(&self, program: &Compiled, it: Option<&Value>) -> Result<Option<Value>, Wrong> {
        let context = Context::new(self.now, self.tables);
        let said = match it {
            None => program.program.eval(&self.slots, &context),
            Some(it) => {
                let mut slots = self.slots.clone();
                slots.push(Some(it.clone()));
                program.program.eval(&slots, &context)
            }
        };
        said.map_err(|error| match error {
            Error::Rejected(said) => format!("an expression rejected with `{}`: {}", said.code, said.text),
            Error::Failed(failed) => failed.message,
        })
    }
}

fn is_true(value: Option<Value>) -> Result<bool, Wrong> {
    match value {
        Some(Value::Bool(truth)) => Ok(truth),
        other => Err(format!(
            "a condition must be true or false, this is {}",
            other.map_or("absent", |value| value.kind().name())
        )),
    }
}
