//! What a package is called that is made in a folder.

use std::path::{self, Path};

/// Cargo allows more, and nobody types it. In bytes.
const MAX_NAME: usize = 64;
const NO_NAME: &str = "mcp-server";

/// Words that a package cannot be called, or should not: of the language, of Cargo, of Windows, and its own dependencies.
const TAKEN: &str = "abstract alloc as async await aux axum become box break build con const continue core crate deps do dyn \
                     else enum examples extern false final fn for gen if impl in incremental let loop macro main match mod \
                     move mut nul override portcullis priv prn proc-macro proc_macro pub ref return rmcp self serde \
                     serde_json static std struct super test tokio tower tracing-subscriber trait true try type typeof \
                     union unsafe unsized use virtual where while yield";

/// The folder's own name, as far as a package can have it.
pub(super) fn package(folder: &Path) -> String {
    let folder = path::absolute(folder).unwrap_or_default();
    let written =
        folder.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let mut name = String::new();
    for c in written.chars().take(MAX_NAME) {
        match c {
            'a'..='z' | '0'..='9' | '_' => name.push(c),
            _ if !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_matches(['-', '_']);
    if name.is_empty() {
        NO_NAME.to_owned()
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("mcp-{name}")
    } else if TAKEN.split_whitespace().any(|taken| taken == name) {
        format!("{name}-server")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_called_as_its_folder_as_far_as_it_can_be() {
        for (folder, name) in [
            ("todo", "todo"),
            ("/srv/My Todos", "my-todos"),
            ("a/todo_2", "todo_2"),
            ("7up", "mcp-7up"),
            ("rmcp", "rmcp-server"),
            ("Test", "test-server"),
            ("tracing-subscriber", "tracing-subscriber-server"),
            ("日本", "mcp-server"),
            ("/", "mcp-server"),
            ("x\"\n[patch]", "x-patch"),
            ("-_-", "mcp-server"),
        ] {
            assert_eq!(package(Path::new(folder)), name, "{folder}");
        }
        assert_eq!(package(Path::new(&"x".repeat(200))).len(), MAX_NAME);
    }
}
