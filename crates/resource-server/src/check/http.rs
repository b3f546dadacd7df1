//! The check as a service of the operator's: a POST, and a 200 with a JSON object.

use super::{Check, CheckFailure, Question, Verdict, answer};
use crate::token::AccessToken;
use bytes::Bytes;
use http::HeaderValue;
use portcullis_fetch::{JsonQuestion, PostJson};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use url::Url;

/// Nobody's yes or no is longer. In bytes.
const MAX_ANSWER: usize = 16 * 1024;

/// Asks over HTTP. Anything but a 200 with a well-formed answer is no answer.
pub struct HttpCheck {
    /// Where; https, or http on loopback.
    pub url: Url,
    /// What proves to the service that it is us.
    pub authorization: Option<HeaderValue>,
    /// How long an answer may take.
    pub time: Duration,
    /// The way there.
    pub network: Arc<dyn PostJson>,
}

impl HttpCheck {
    async fn ask(&self, question: &Question) -> Result<Verdict, CheckFailure> {
        let question = JsonQuestion {
            url: &self.url,
            authorization: self.authorization.as_ref(),
            body: Bytes::copy_from_slice(question.json()),
            time: self.time,
            max_answer: MAX_ANSWER,
        };
        answer::parse(&self.network.post_json(question).await?)
    }
}

impl Check for HttpCheck {
    fn check<'a>(
        &'a self,
        _: &'a Arc<AccessToken>,
        question: &'a Question,
    ) -> Pin<Box<dyn Future<Output = Result<Verdict, CheckFailure>> + Send + 'a>> {
        Box::pin(self.ask(question))
    }
}
