//! Ranges as cases of `match`: what they are ranges of, and their ends.

use super::cover::Case;
use super::line::{Form, Stretch};
use super::matching::Subject;
use super::scope::Checker;
use crate::diagnostic::{Span, codes};
use crate::mapping::pattern::Pattern;
use crate::mapping::syntax::Expr;
use crate::value::{Kind, Value};

impl Checker<'_> {
    /// A range as a case, and as it runs; what is wrong with it is noted.
    pub(super) fn range(
        &mut self,
        low: Option<&Expr>,
        high: Option<&Expr>,
        span: Span,
        subject: &Subject,
    ) -> Option<(Case, Pattern)> {
        let low = low.and_then(|low| self.expr(low).constant().cloned());
        let high = high.and_then(|high| self.expr(high).constant().cloned());
        let form = self.form_of_range(low.as_ref(), high.as_ref(), span, subject)?;
        let mut ends = [None, None];
        for (end, value) in ends.iter_mut().zip([&low, &high]) {
            let Some(value) = value else { continue };
            *end = form.point(value);
            if end.is_none() {
                let (what, example) = form.words();
                let written = value.as_str().map_or_else(|| "this".to_owned(), |text| format!("`{text}`"));
                self.note(&codes::IMPOSSIBLE_VALUE, span, format!("{written} is no {what}"))
                    .help
                    .push(format!("write the ends like `{example}`"));
                return None;
            }
        }
        let [low_end, high_end] = ends;
        if low_end.zip(high_end).is_some_and(|(low, high)| low > high) {
            self.note(&codes::IMPOSSIBLE_VALUE, span, "this range ends before it begins")
                .help
                .push("write the lower end first".to_owned());
            return None;
        }
        let range = form.range(low.as_ref(), high.as_ref());
        Some((Case::Range(form, Stretch { low: low_end, high: high_end }), Pattern::Range(range)))
    }

    /// What a range is a range of.
    fn form_of_range(
        &mut self,
        low: Option<&Value>,
        high: Option<&Value>,
        span: Span,
        subject: &Subject,
    ) -> Option<Form> {
        let kinds: Vec<Kind> = low.into_iter().chain(high).map(Value::kind).collect();
        if kinds.iter().any(|kind| *kind != kinds[0]) {
            self.note(&codes::WRONG_KIND, span, "the ends of a range are of one kind")
                .help
                .push("write two numbers, or two dates or times in quotes".to_owned());
            return None;
        }
        if kinds.first() == Some(&Kind::Number) {
            return Some(Form::Number);
        }
        let forms = subject.whole.forms();
        let form = forms.into_iter().find(|form| *form != Form::Number);
        if form.is_none() && !subject.ty.is_never() {
            let message = format!("a range in quotes is for dates and times, but this is {}", subject.ty);
            self.note(&codes::WRONG_KIND, span, message)
                .help
                .push("texts have no ranges: write the values, `\"a\" | \"b\"`".to_owned());
        }
        form
    }
}
