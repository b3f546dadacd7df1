//! What is cut out of a text and put into it; the rest stays byte for byte.

use std::ops::Range;

/// Changes to one text. They do not overlap.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<(Range<usize>, &'static str)>);

impl Edits {
    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.0.push((range, ""));
    }

    pub(super) fn replace(&mut self, range: Range<usize>, with: &'static str) {
        self.0.push((range, with));
    }

    pub(super) fn insert(&mut self, at: usize, text: &'static str) {
        self.0.push((at..at, text));
    }

    /// The text with the changes; `None` if there is none.
    pub(super) fn apply(mut self, text: &str) -> Option<Vec<u8>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.sort_by_key(|(range, _)| range.start);
        let mut left = Vec::with_capacity(text.len() + 32);
        let mut at = 0;
        for (range, with) in self.0 {
            left.extend_from_slice(&text.as_bytes()[at..range.start]);
            left.extend_from_slice(with.as_bytes());
            at = range.end;
        }
        left.extend_from_slice(&text.as_bytes()[at..]);
        Some(left)
    }
}

/// The elements of one array, of which some go, each with one comma beside it.
#[derive(Debug, Default)]
pub(super) struct Elements {
    keeps_one: bool,
    last_end: usize,
    /// The start of an element that goes, and with it everything up to the next.
    going: Option<usize>,
}

impl Elements {
    /// The next element, where it stands and whether it stays.
    pub(super) fn next(&mut self, element: Range<usize>, stays: bool, edits: &mut Edits) {
        if let Some(start) = self.going.take() {
            edits.remove(start..element.start);
        }
        if stays {
            self.keeps_one = true;
        } else if self.keeps_one {
            edits.remove(self.last_end..element.end);
        } else {
            self.going = Some(element.start);
        }
        self.last_end = element.end;
    }

    /// There are no more.
    pub(super) fn end(self, edits: &mut Edits) {
        if let Some(start) = self.going {
            edits.remove(start..self.last_end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_choice_of_elements_leaves_a_list_of_the_others() {
        let text = "[ a , b,c ,\nd ]";
        let places: Vec<_> = ["a", "b", "c", "d"].map(|name| text.find(name).unwrap()).into();
        for choice in 0..16_u32 {
            let (mut edits, mut elements) = (Edits::default(), Elements::default());
            for (bit, at) in places.iter().enumerate() {
                elements.next(*at..at + 1, choice & 1 << bit != 0, &mut edits);
            }
            elements.end(&mut edits);
            let left = edits.apply(text).unwrap_or_else(|| text.into());
            let left = String::from_utf8(left).unwrap();
            let inner = left.strip_prefix('[').unwrap().strip_suffix(']').unwrap();
            let names: Vec<_> = inner.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
            let expected: Vec<_> = ["a", "b", "c", "d"]
                .into_iter()
                .enumerate()
                .filter(|(bit, _)| choice & 1 << bit != 0)
                .collect();
            assert_eq!(names, expected.iter().map(|(_, name)| *name).collect::<Vec<_>>());
            assert_eq!(left.matches(',').count(), names.len().saturating_sub(1), "{left}");
        }
    }
}
