//! What the layer is made of, for a program that composes it anew, as the gateway does: bodies that end in time, metadata, hosts
//! and origins that somebody else wrote, the variables of guides. Nobody needs these to protect a server.

pub use crate::{
    environment::{Found, FoundIssuer, GuideProblem, Part, find_guide, unused_variables},
    farewell::Farewell,
    given::check_metadata,
    lifetime::{EndOfToken, EndsWithToken, Until},
    presets::{is_scalekit_resource, scalekit_environment},
    reached::{host, origin, page},
    well_known::document as public_document,
};
