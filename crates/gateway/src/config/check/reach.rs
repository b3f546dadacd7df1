//! From where a resource may be reached: values of `Host` and of `Origin` (TM-02), by the library's rules.

use crate::config::findings::Findings;
use portcullis::{Problem, parts};

/// A host, and a port if it is written in `Host`. In lower case.
pub(crate) fn hosts(list: &[String], path: &str, findings: &mut Findings) -> Vec<String> {
    each(list, path, findings, parts::host)
}

/// An origin as browsers write it.
pub(crate) fn origins(list: &[String], path: &str, findings: &mut Findings) -> Vec<String> {
    each(list, path, findings, parts::origin)
}

fn each(
    list: &[String],
    path: &str,
    findings: &mut Findings,
    read: fn(&str) -> Result<String, Problem>,
) -> Vec<String> {
    let read = |(index, text): (usize, &String)| {
        read(text).map_err(|problem| findings.told(&format!("{path}[{index}]"), &problem)).ok()
    };
    list.iter().enumerate().filter_map(read).collect()
}
