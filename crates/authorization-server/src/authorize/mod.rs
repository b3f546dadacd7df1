//! The authorization endpoint (OAuth 2.1 §3.1): a request is judged, a person sees who asks for what, and decides.

mod decision;
mod page;
mod request;

pub(crate) use decision::decide;
pub(crate) use page::{STYLE, show};
