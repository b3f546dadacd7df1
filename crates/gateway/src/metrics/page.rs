//! Prometheus' text format, version 0.0.4: a family's help and type, then its samples.

use super::histogram::Measured;
use std::fmt::{Display, Write as _};

/// What `Content-Type` says of it.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page that is being written.
#[derive(Default)]
pub(crate) struct Page(String);

/// Name and value.
pub(crate) type Labels<'a> = &'a [(&'static str, &'a str)];

impl Page {
    /// Begins a family; its samples follow. `kind` is counter, gauge or histogram.
    pub(crate) fn family(
        &mut self,
        name: &'static str,
        kind: &'static str,
        help: &'static str,
    ) -> Family<'_> {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family { text: &mut self.0, name }
    }

    pub(crate) fn text(self) -> String {
        self.0
    }
}

/// The samples of one name.
pub(crate) struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Family<'_> {
    pub(crate) fn sample(&mut self, labels: Labels<'_>, value: impl Display) {
        self.line("", labels, None, value);
    }

    pub(crate) fn histogram(&mut self, labels: Labels<'_>, measured: &Measured) {
        for (bound, count) in &measured.up_to {
            self.line("_bucket", labels, Some(&bound.as_secs_f64().to_string()), count);
        }
        self.line("_bucket", labels, Some("+Inf"), measured.count);
        self.line("_sum", labels, None, measured.sum.as_secs_f64());
        self.line("_count", labels, None, measured.count);
    }

    fn line(&mut self, suffix: &str, labels: Labels<'_>, bound: Option<&str>, value: impl Display) {
        let (text, name) = (&mut *self.text, self.name);
        let _ = write!(text, "{name}{suffix}"); // writing to a String cannot fail
        let all = labels.iter().copied().chain(bound.map(|bound| ("le", bound)));
        let mut opening = '{';
        for (label, value) in all {
            let _ = write!(text, "{opening}{label}=\"{}\"", escaped(value));
            opening = ',';
        }
        let closing = if opening == ',' { "}" } else { "" };
        let _ = writeln!(text, "{closing} {value}");
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_quotation_marks() {
        let mut page = Page::default();
        let mut family = page.family("up", "gauge", "Whether it is.");
        family.sample(&[], 1);
        family.sample(&[("a", "b\\c\"} 7\nd"), ("e", "")], 0.5);
        let expected =
            "# HELP up Whether it is.\n# TYPE up gauge\nup 1\nup{a=\"b\\\\c\\\"} 7\\nd\",e=\"\"} 0.5\n";
        assert_eq!(page.text(), expected);
    }
}
