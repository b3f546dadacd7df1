//! The token in other forms and other places, and tokens made from it, each with the same harmless request. What should be refused
//! is sent outside of any session: one that stands for a token (TL-14) would let it in.

use super::{door::Door, probe::Probe};
use crate::{
    Exchange, Secret, Subject,
    token::spoiled::{altered, stripped, tampered, unsigned},
};

/// The same request, each time with other credentials.
#[derive(Clone, Debug)]
pub struct Forms {
    /// As it should be: what the others are compared with.
    pub plain: Exchange,
    /// `bearer`
    pub lower_case: Exchange,
    /// `BEARER`
    pub upper_case: Exchange,
    /// Two spaces after the scheme.
    pub spaces: Exchange,
    /// The token in quotation marks.
    pub quoted: Exchange,
    /// A second word after the token.
    pub followed: Exchange,
    /// The last bytes of the signature are others.
    pub tampered: Exchange,
    /// The claims are written otherwise; nothing where the token is no JWT.
    pub altered: Option<Exchange>,
    /// `alg: none`, in three spellings, without a signature; none where the token is no JWT.
    pub unsigned: Vec<Exchange>,
    /// The signature is gone; nothing where the token is no JWT.
    pub stripped: Option<Exchange>,
    /// The token in the header, and another in the query.
    pub header_and_query: Exchange,
    /// The token in a form.
    pub form: Exchange,
    /// Two headers: the token first, or what is none.
    pub twice: [Exchange; 2],
    /// The token in the query alone. Only if asked for: URLs end up in logs.
    pub query: Option<Exchange>,
    /// No token, after all these requests with one.
    pub without: Exchange,
}

impl Forms {
    pub(super) async fn look(subject: &Subject, probe: &Probe, door: &mut Door<'_>) -> Self {
        let token = door.token().clone();
        let request = || probe.request();
        let alone = || probe.without_session();
        let scheme = |scheme: &str| {
            request().authorization(
                Secret::new(&format!("{scheme}{}", token.expose())),
                &format!("{scheme}<the token>"),
            )
        };
        let bad = tampered(&token);
        let twice = |first: (&Secret, &str), second: (&Secret, &str)| {
            alone().bearer(first.0, first.1).bearer(second.0, second.1)
        };
        let (good, none) = ((&token, "the token"), (&bad, "a tampered token"));
        let after = |before: &str, after: &str| {
            let value = Secret::new(&format!("Bearer {before}{}{after}", token.expose()));
            alone().authorization(value, &format!("Bearer {before}<the token>{after}"))
        };
        let mut unsigned_all = Vec::new();
        for alg in ["none", "None", "nOnE"] {
            if let Some(token) = unsigned(&token, alg) {
                unsigned_all.push(door.with(alone(), &token, &format!("the token with alg {alg}")).await);
            }
        }
        Self {
            plain: door.good(request()).await,
            lower_case: door.plain(scheme("bearer ")).await,
            upper_case: door.plain(scheme("BEARER ")).await,
            spaces: door.plain(scheme("Bearer  ")).await,
            quoted: door.plain(after("\"", "\"")).await,
            followed: door.plain(after("", " portcullis-check")).await,
            tampered: door.with(alone(), &bad, "a tampered token").await,
            altered: match altered(&token) {
                Some(token) => Some(door.with(alone(), &token, "the token, its claims altered").await),
                None => None,
            },
            unsigned: unsigned_all,
            stripped: match stripped(&token) {
                Some(token) => Some(door.with(alone(), &token, "the token without its signature").await),
                None => None,
            },
            header_and_query: door.good(request().query("access_token", &bad)).await,
            form: door.plain(alone().form("access_token", &token)).await,
            twice: [door.plain(twice(good, none)).await, door.plain(twice(none, good)).await],
            query: match subject.is_thorough {
                true => Some(door.plain(alone().query("access_token", &token)).await),
                false => None,
            },
            without: door.plain(alone()).await,
        }
    }

    /// Each request whose token is none.
    pub fn forged(&self) -> impl Iterator<Item = &Exchange> {
        let altered = self.altered.iter().chain(&self.unsigned).chain(&self.stripped);
        std::iter::once(&self.tampered).chain(altered)
    }

    /// Every request.
    pub fn all(&self) -> impl Iterator<Item = &Exchange> {
        let good = [&self.plain, &self.lower_case, &self.upper_case, &self.spaces];
        let other = [&self.quoted, &self.followed, &self.header_and_query, &self.form];

        let all = good.into_iter().chain(other).chain(self.forged()).chain(&self.twice);
        all.chain([&self.without]).chain(&self.query)
    }
}
