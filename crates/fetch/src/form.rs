//! What is posted: a form (RFC 6749 appendix B), and the credentials that go with it. It cannot be printed.

use std::fmt;
use url::form_urlencoded::{Serializer, byte_serialize, parse};

/// A form to post, with secrets in it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    body: String,
    basic: Option<(String, String)>,
}

impl Form {
    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.body = Serializer::new(self.body).append_pair(name, value).finish();
        self
    }

    /// Says who asks in the header: both texts are encoded as in a form first, so that a colon or a character beyond
    /// ASCII is what it was at the other end (RFC 6749 §2.3.1).
    #[must_use]
    pub fn with_basic(mut self, client_id: &str, secret: &str) -> Self {
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        self.basic = Some((encode(client_id), encode(secret)));
        self
    }

    /// The parameters, decoded.
    pub fn parameters(&self) -> Vec<(String, String)> {
        parse(self.body.as_bytes()).into_owned().collect()
    }

    /// User and password of the header, encoded as they are sent.
    pub fn basic(&self) -> Option<(&str, &str)> {
        self.basic.as_ref().map(|(user, password)| (user.as_str(), password.as_str()))
    }

    /// What is sent: `application/x-www-form-urlencoded`. There are secrets in it.
    pub fn body(&self) -> &str {
        &self.body
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IN-01, IN-02, RS-17
    #[test]
    fn parameters_and_credentials_are_encoded_and_never_printed() {
        let form = Form::default().with("token", "a+b/c=").with("x", "ä &").with_basic("id:1", "pä ss%");
        assert_eq!(form.body(), "token=a%2Bb%2Fc%3D&x=%C3%A4+%26");
        assert_eq!(form.basic(), Some(("id%3A1", "p%C3%A4+ss%25")));
        assert_eq!(form.parameters()[0], ("token".to_owned(), "a+b/c=".to_owned()));
        assert_eq!(format!("{form:?}"), "Form(…)");
    }
}
