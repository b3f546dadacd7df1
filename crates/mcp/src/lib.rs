//! The part of MCP that must be understood to authorize it: which operation does this request ask for?
//!
//! Pure: headers and a whole body go in, [`Request`] or [`ReadError`] comes out. The reader is stricter than any
//! server behind it, because what it takes for one thing must not be another to the next parser.
//!
//! ```
//! use http::HeaderMap;
//! let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"}}"#;
//! let request = portcullis_mcp::read(&HeaderMap::new(), body).unwrap();
//! assert_eq!(request.operations()[0].target().unwrap().as_str(), "greet");
//! ```

mod arguments;
mod cursor;
mod defect;
mod encoded;
mod envelope;
mod error;
mod headers;
mod lists;
mod media_type;
mod members;
mod message;
mod operation;
mod parameters;
mod params;
mod request;
mod revision;
mod subscription;
mod value;

pub use arguments::{Arguments, ArgumentsError, MAX_ARGUMENTS};
pub use defect::Defect;
pub use error::{ReadError, code, error_body};
pub use lists::{EventFilter, Expected, Filtered, Judge, ListDefect, MAX_LIST};
pub use media_type::{AnswerType, check_media_type};
pub use operation::{Id, Kind, Operation, Standing, Target};
pub use parameters::{MirroredParameter, check_parameters};
pub use request::{Request, read};
pub use revision::Revision;
pub use subscription::end_of_subscription;

#[cfg(test)]
mod tests;
