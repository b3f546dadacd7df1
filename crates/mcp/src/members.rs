//! Members as every parser of the world would find them: a name counts once, however it is spelled.
//!
//! JSON says nothing of duplicates, Go's decoder folds case (also `ſ` U+017F and `K` U+212A), and serde_json gives
//! names of its own a meaning. What could be read in two ways is refused.

/// serde_json's own names, by which a text can pass for an object.
const PRIVATE: &str = "$serde_json::private::";

/// Which known members an object had, each at most once and exactly spelled.
pub(super) struct Seen<'n, const N: usize> {
    names: &'n [&'static str; N],
    seen: [bool; N],
}

impl<'n, const N: usize> Seen<'n, N> {
    pub(super) fn new(names: &'n [&'static str; N]) -> Self {
        Self { names, seen: [false; N] }
    }

    /// Notes a member: `Ok(Some(name))` if it is one of the known ones.
    pub(super) fn note(&mut self, found: &str) -> Result<Option<&'static str>, &'static str> {
        refuse_private(found)?;
        for (index, name) in self.names.iter().enumerate() {
            if found == *name {
                if std::mem::replace(&mut self.seen[index], true) {
                    return Err("a member occurs twice");
                }
                return Ok(Some(name));
            }
            if folds_to(found, name) {
                return Err("a member differs from a known one by case alone");
            }
        }
        Ok(None)
    }
}

/// Refuses serde_json's own names, at any depth.
pub(super) fn refuse_private(found: &str) -> Result<(), &'static str> {
    if found.starts_with(PRIVATE) {
        Err("a member has a name that parsers keep for themselves")
    } else {
        Ok(())
    }
}

/// Whether Go's `encoding/json` would take `found` for `name`.
fn folds_to(found: &str, name: &str) -> bool {
    let mut found = found.chars().map(fold);
    let mut name = name.chars().map(fold);
    loop {
        match (found.next(), name.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            _ => return false,
        }
    }
}

fn fold(c: char) -> char {
    match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    }
}
