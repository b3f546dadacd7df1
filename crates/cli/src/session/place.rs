//! Where logins are kept: one folder, and a file for each server in it.

use super::Trouble;
use std::{env, fmt::Write as _, path::PathBuf};
use url::Url;

/// With the endings below it, what every file system takes. In bytes.
const MAX_NAME: usize = 230;

/// The folder of this machine's user.
pub(super) fn folder() -> Result<PathBuf, Trouble> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("PORTCULLIS_HOME")
        .or_else(|| Some(variable("XDG_STATE_HOME")?.join("portcullis")))
        .or_else(|| Some(variable("HOME")?.join(".local/state/portcullis")))
        .or_else(|| Some(variable("LOCALAPPDATA")?.join("portcullis")));
    let base = base.ok_or_else(|| {
        Trouble::Unusable(
            "nothing says where logins are kept; set PORTCULLIS_HOME to a folder that is yours alone".into(),
        )
    })?;
    Ok(base.join("logins"))
}

/// A name that says which server it is, different for each, also where capitals and small letters are the same.
pub(super) fn name(server: &Url) -> Result<String, Trouble> {
    let mut name = String::new();
    for byte in server.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' => name.push(char::from(byte)),
            _ => {
                let _ = write!(name, "%{byte:02x}");
            }
        }
    }
    if name.len() > MAX_NAME {
        return Err(Trouble::Unusable(
            "the URL is too long for a login to be kept for it; give a token with --token".into(),
        ));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_a_file_of_its_own_and_nothing_leaves_the_folder() {
        let name = |url: &str| name(&url.parse().unwrap()).ok();
        assert_eq!(
            name("https://mcp.example.com/mcp").as_deref(),
            Some("https%3a%2f%2fmcp.example.com%2fmcp")
        );
        let urls =
            ["https://a.example/b", "https://a.example/B", "https://a.example/b/", "https://a.example/%62"];
        let names: std::collections::BTreeSet<_> =
            urls.iter().map(|url| name(url).unwrap().to_lowercase()).collect();
        assert_eq!(names.len(), urls.len(), "{names:?}");
        assert!(!name("https://a.example/..%2f..%2fetc?x=/../y\\..").unwrap().contains(['/', '\\']));
        assert_eq!(name(&format!("https://a.example/{}", "x".repeat(300))), None);
    }
}
