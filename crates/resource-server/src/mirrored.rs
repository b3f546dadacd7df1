//! Which arguments of which tools are repeated in headers, learned from the lists that pass (TM-23).
//!
//! What was learned stays until a newer definition of the same tool replaces it. Nothing is forgotten to make room, so
//! that nobody can make the lists of others go away by asking for many; what finds no room is left to its server.

use crate::permit::{Asked, Permit};
use http::HeaderMap;
use portcullis_mcp::{MirroredParameter, ReadError, Target, check_parameters};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// How much is remembered of one resource, in bytes: some thousand tools that repeat an argument or two.
const MAX_BYTES: usize = 512 * 1024;

/// What the tools of one resource repeat.
#[derive(Debug, Default)]
pub struct MirroredParameters(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    tools: HashMap<Box<str>, Arc<[MirroredParameter]>>,
    bytes: usize,
}

impl MirroredParameters {
    /// A definition of `tool` passed.
    pub fn learn(&self, tool: &str, parameters: Vec<MirroredParameter>) {
        let is_known = match self.of(tool) {
            None => parameters.is_empty(),
            Some(known) => *known == *parameters,
        };
        if !is_known {
            self.0.write().unwrap_or_else(PoisonError::into_inner).replace(tool, parameters);
        }
    }

    /// Compares the headers of a call with its arguments. Comes after the policy, so that nothing is told about a tool that
    /// the caller may not call.
    pub(crate) fn check(&self, permit: &Permit, headers: &HeaderMap, body: &[u8]) -> Result<(), ReadError> {
        let Asked::Operations(request) = permit.asked() else { return Ok(()) };
        let [operation] = request.operations() else { return Ok(()) };
        let Some(Target::Tool(tool)) = operation.target() else { return Ok(()) };
        let Some(known) = self.of(tool) else { return Ok(()) };
        check_parameters(headers, request, body, &known)
    }

    fn of(&self, tool: &str) -> Option<Arc<[MirroredParameter]>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).tools.get(tool).cloned()
    }
}

impl Known {
    fn replace(&mut self, tool: &str, parameters: Vec<MirroredParameter>) {
        if let Some(old) = self.tools.remove(tool) {
            self.bytes -= size(tool, &old);
        }
        let bytes = self.bytes + size(tool, &parameters);
        if !parameters.is_empty() && bytes <= MAX_BYTES {
            self.bytes = bytes;
            self.tools.insert(tool.into(), parameters.into());
        }
    }
}

fn size(tool: &str, parameters: &[MirroredParameter]) -> usize {
    128 + tool.len() + parameters.iter().map(MirroredParameter::size).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_mcp::{Expected, Judge, read};

    struct Learner<'a>(&'a MirroredParameters);

    impl Judge for Learner<'_> {
        fn shows(&mut self, _: &Target) -> bool {
            true
        }

        fn learns(&mut self, tool: &str, mirrored: Vec<MirroredParameter>) {
            self.0.learn(tool, mirrored);
        }
    }

    fn list(known: &MirroredParameters, tool: &str, annotation: &str) {
        let request = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        let expected = Expected::of(&read(&HeaderMap::new(), request).unwrap());
        let property = format!(r#"{{"type":"string"{annotation}}}"#);
        let tool = format!(r#"{{"name":"{tool}","inputSchema":{{"properties":{{"a":{property}}}}}}}"#);
        let answer = format!(r#"{{"id":1,"result":{{"tools":[{tool}]}}}}"#);
        expected.filter(answer.as_bytes(), &mut Learner(known));
    }

    /// TM-23: a newer definition counts, and one more tool than there is room for takes no other's place.
    #[test]
    fn what_is_learned_is_replaced_and_bounded_and_never_pushed_out() {
        let known = MirroredParameters::default();
        list(&known, "first", r#","x-mcp-header":"A""#);
        let first = known.of("first").unwrap();
        list(&known, "first", r#","x-mcp-header":"B""#);
        assert_ne!(known.of("first").unwrap(), first);
        for count in 0..10_000 {
            list(&known, &format!("other-{count}"), r#","x-mcp-header":"A""#);
        }
        assert!(known.0.read().unwrap().bytes <= MAX_BYTES && known.of("first").is_some());
        assert!(known.of("other-9999").is_none());
        list(&known, "first", "");
        assert!(known.of("first").is_none());
        assert!(known.0.read().unwrap().tools.len() > 1000);
    }
}
