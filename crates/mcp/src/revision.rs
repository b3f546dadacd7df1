//! The revisions of MCP that pass through here.

/// A published revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the revisions' dates")]
pub enum Revision {
    V2025_03_26,
    V2025_06_18,
    V2025_11_25,
    V2026_07_28,
}

impl Revision {
    /// Oldest first.
    pub const ALL: [Self; 4] = [Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];

    /// The date as it stands in `MCP-Protocol-Version`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The revision of this date.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == text)
    }

    /// Stateless, with routing headers; no sessions, no batches, no GET stream.
    pub fn is_modern(self) -> bool {
        self >= Self::V2026_07_28
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TM-14, TL-16
    #[test]
    fn only_the_exact_date_of_a_revision_is_one() {
        for revision in Revision::ALL {
            assert_eq!(Revision::parse(revision.as_str()), Some(revision));
        }
        for (name, text) in [
            ("empty", ""),
            ("before streamable HTTP", "2024-11-05"),
            ("never", "1900-01-01"),
            ("longer", "2025-06-18x"),
            ("draft", "DRAFT-2026-v1"),
        ] {
            assert_eq!(Revision::parse(text), None, "{name}");
        }
        assert_eq!(Revision::ALL.map(Revision::is_modern), [false, false, false, true]);
    }
}
