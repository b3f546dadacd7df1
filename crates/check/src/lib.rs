//! Why does a client say that it cannot connect? This plays what clients do against a live MCP server, any server, and judges
//! what came: requirement by requirement ([`judge`]), and client by client ([`play`]).
//!
//! Three steps, apart from each other:
//!
//! 1. *Look*: [`look`] sends the requests, one after the other, and keeps each with what came: [`Seen`]. What is sent is safe:
//!    GETs, requests without a token, and with one what lists things. Nothing here judges.
//! 2. *Judge*: each rule is a pure function from what was seen to a [`Verdict`]. Nothing here sends.
//! 3. *Tell*: the [`Report`], as data; how it looks on a screen is another room's.
//!
//! The token that is given is sent to the server that was named, and nowhere else; it is in nothing that is kept or printed.

mod anonymous;
mod authenticate;
mod authorized;
mod bounded;
mod clients;
mod date;
mod exchange;
mod issuers;
mod look;
mod mask;
mod masked;
mod mcp;
mod members;
mod metadata;
mod near_miss;
mod not_asked;
mod pages;
mod providers;
mod report;
mod row;
mod rules;
mod secret;
mod sent;
mod subject;
mod surroundings;
mod token;

pub use authorized::{
    Accepted, Authorized, Burst, Ended, Forms, Handshake, Legacy, Modern, OtherLook, Readings, Routing,
    Thorough,
};
pub use clients::{ClientNote, ClientReport, ClientStep, Stop, Visits, WalkStep, clients, play};
pub use exchange::Exchange;
pub use look::{Seen, look};
pub use providers::Note;
pub use report::{Finding, Group, Outcome, Report, Summary};
pub use row::{Level, Row, Rule, Verdict};
pub use rules::judge;
pub use secret::Secret;
pub use sent::Sent;
pub use subject::{Subject, SubjectError};
pub use token::{
    Other, OtherToken, OtherTokenError, UnreadToken, UnverifiedClaims, UnverifiedHeader, UnverifiedToken,
    quoted,
};
