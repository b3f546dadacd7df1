//! What a token is bound to: its `cnf` claim (RFC 7800 §3.1, RFC 9449 §6).

use serde_json::Value;

/// Who may use a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation<'a> {
    /// Whoever has it: there is no `cnf`.
    None,
    /// Whoever has the key of this thumbprint: `cnf` is `jkt` and nothing else.
    Jkt(&'a str),
    /// Whoever has something that cannot be checked here, such as a certificate (`x5t#S256`).
    Other,
}

/// A SHA-256 in base64url.
const THUMBPRINT_BYTES: usize = 43;

impl<'a> Confirmation<'a> {
    /// Reads the claim. One that binds a token to a key *and* to something else is not met by the key alone; RFC 7800
    /// would have us ignore members we do not know, and we refuse, since what is bound and not checked is not bound.
    pub(crate) fn of(cnf: Option<&'a Value>) -> Self {
        let Some(cnf) = cnf else { return Self::None };
        let Some(members) = cnf.as_object().filter(|members| members.len() == 1) else { return Self::Other };
        let jkt = members.get("jkt").and_then(Value::as_str).filter(|jkt| jkt.len() == THUMBPRINT_BYTES);
        jkt.map_or(Self::Other, Self::Jkt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// DP-06, RS-26
    #[test]
    fn only_a_thumbprint_alone_is_a_binding_that_can_be_checked() {
        let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        assert_eq!(Confirmation::of(None), Confirmation::None);
        assert_eq!(Confirmation::of(Some(&json!({ "jkt": jkt }))), Confirmation::Jkt(jkt));
        for cnf in [
            json!({ "x5t#S256": jkt }),
            json!({ "jkt": jkt, "x5t#S256": jkt }),
            json!({ "jkt": "" }),
            json!({ "jkt": jkt[1..] }),
            json!({ "jkt": [jkt] }),
            json!({}),
            json!(null),
            json!(jkt),
            json!([{ "jkt": jkt }]),
        ] {
            assert_eq!(Confirmation::of(Some(&cnf)), Confirmation::Other, "{cnf}");
        }
    }
}
