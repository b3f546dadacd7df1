//! `portcullis init`: what it writes is good, what is there stays, and a value stays a value.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use saphyr_parser::{Event, Parser};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Output, Stdio},
};
use tempfile::{TempDir, tempdir};
use toml::Table;

const BINARY: &str = env!("CARGO_BIN_EXE_portcullis");
const VERSION: &str = env!("CARGO_PKG_VERSION");
const RESOURCE: [&str; 2] = ["--resource", "https://mcp.example.com/mcp"];
const UPSTREAM: [&str; 2] = ["--upstream", "http://127.0.0.1:8000/mcp"];
const SCALEKIT: [&str; 4] =
    ["--scalekit-environment", "https://acme.scalekit.com", "--scalekit-resource", "res_123"];

fn portcullis(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

/// What a good end says.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = portcullis(folder, arguments);
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    assert_eq!(String::from_utf8(stderr).unwrap(), "", "{arguments:?}");
    String::from_utf8(stdout).unwrap()
}

/// What a bad end complains of, and its code.
fn complaint(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let Output { status, stdout, stderr } = portcullis(folder, arguments);
    assert!(!status.success() && stdout.is_empty(), "{arguments:?}");
    (String::from_utf8(stderr).unwrap(), status.code())
}

fn init(what: &str, more: &[&[&str]]) -> (TempDir, String) {
    let folder = tempdir().unwrap();
    let report = said(folder.path(), &[&["init", what], more.concat().as_slice()].concat());
    (folder, report)
}

/// Everything in a folder: texts of files, where links point, and `None` for folders.
fn tree(folder: &Path) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let (path, name) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name().into_string().unwrap())
        };
        if path.is_symlink() {
            found.insert(name, Some(format!("-> {}", fs::read_link(path).unwrap().display())));
        } else if path.is_dir() {
            let below = tree(&path).into_iter().map(|(below, text)| (format!("{name}/{below}"), text));
            found.extend(below.collect::<Vec<_>>());
            found.insert(name, None);
        } else {
            found.insert(name, Some(fs::read_to_string(path).unwrap()));
        }
    }
    found
}

fn read(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

fn table(folder: &TempDir, path: &str) -> Table {
    read(folder, path).parse().unwrap()
}

/// What the gateway says of the file.
fn shown(folder: &TempDir) -> String {
    assert_eq!(said(folder.path(), &["config", "validate"]), "the configuration is good\n");
    said(folder.path(), &["config", "show"])
}

#[test]
fn the_file_of_a_gateway_says_what_the_flags_say_and_is_good() {
    let auth0 = ["--auth0-domain", "acme.eu.auth0.com", "--auth0-audience", "https://api.example.com"];
    let other = ["--issuer", "https://login.example.com", "--audience", "api"];
    for (issuer, parts) in [
        (&SCALEKIT[..], ["https://acme.scalekit.com/resources/res_123", "\"res_123\""]),
        (&auth0, ["https://acme.eu.auth0.com/", "https://api.example.com"]),
        (&other, ["https://login.example.com", "\"api\""]),
    ] {
        let (folder, report) = init("gateway", &[&RESOURCE, &UPSTREAM, issuer]);
        assert_eq!(report, "wrote portcullis.toml\n\nnext:\n  portcullis serve\n");
        let shown = shown(&folder);
        for part in
            ["https://mcp.example.com/mcp", "http://127.0.0.1:8000/mcp", "authenticated"].iter().chain(&parts)
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(read(&folder, "portcullis.toml").contains("may call every tool"));
    }
}

#[test]
fn rules_take_the_place_of_the_default() {
    let tools = ["--tool", "list_todos=todo:read", "--tool", "*_todo=todo:write, todo:read"];
    let (folder, _) = init("gateway", &[&RESOURCE, &UPSTREAM, &SCALEKIT, &tools]);
    let resource = table(&folder, "portcullis.toml")["resource"][0].clone();
    assert_eq!(resource.get("default"), None);
    assert_eq!(resource["tools"]["list_todos"], vec!["todo:read"].into());
    assert_eq!(resource["tools"]["*_todo"], vec!["todo:write", "todo:read"].into());
    shown(&folder);
}

/// A client that dials this machine finds the gateway there.
#[test]
fn what_is_dialled_on_this_machine_is_listened_on() {
    let (folder, _) = init("gateway", &[&["--resource", "http://localhost:4000/mcp"], &UPSTREAM, &SCALEKIT]);
    assert_eq!(table(&folder, "portcullis.toml")["listen"], "127.0.0.1:4000".into());
    let (folder, _) = init("server", &[&["--resource", "http://localhost:4000/a/mcp"], &SCALEKIT]);
    let main = read(&folder, "src/main.rs");
    assert!(main.contains("Ok(4000)") && main.contains(".route_service(\"/a/mcp\","), "{main}");
}

#[test]
fn a_server_is_made_whole_and_says_how_to_go_on() {
    let folder = tempdir().unwrap();
    let report = said(folder.path(), &["init", "server", "My Todos"]);
    let files = [
        "Cargo.toml",
        "src/main.rs",
        "src/tools.rs",
        "src/tests.rs",
        ".env.example",
        ".gitignore",
        "README.md",
    ];
    for file in files {
        assert!(report.contains(&format!("wrote My Todos/{file}\n")), "{file}: {report}");
    }
    assert!(report.contains("next:\n  cd 'My Todos'\n  cargo test\n  cp .env.example .env"), "{report}");
    let written = tree(&folder.path().join("My Todos"));
    assert_eq!(written.len(), files.len() + 1, "{written:?}");
    for (path, text) in &written {
        assert!(!text.as_deref().unwrap_or_default().contains("{{"), "{path} has a hole");
    }
    assert!(written["src/main.rs"].as_ref().unwrap().contains("app(from_env()?)"));

    let (folder, report) = init("server", &[&RESOURCE, &SCALEKIT]);
    assert!(report.ends_with("next:\n  cargo test\n  cargo run\n"), "{report}");
    let five_lines = "    ProtectedResource::builder(\"https://mcp.example.com/mcp\")\n        \
                      .issuer(scalekit(\"https://acme.scalekit.com\", \"res_123\"))\n";
    assert!(read(&folder, "src/main.rs").contains(five_lines));
}

/// What is generated is what was tried here.
#[test]
fn a_server_depends_on_what_this_workspace_does() {
    let (folder, _) = init("server", &[]);
    let manifest = table(&folder, "Cargo.toml");
    let ours: Table = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(manifest["package"]["rust-version"], ours["workspace"]["package"]["rust-version"]);
    assert_eq!(manifest["package"]["edition"], ours["workspace"]["package"]["edition"]);
    let version = |of: &toml::Value| of.get("version").unwrap_or(of).clone();
    let dependencies =
        ["dependencies", "dev-dependencies"].map(|of| manifest[of].as_table().unwrap().clone());
    for (name, declared) in dependencies.into_iter().flatten() {
        let expected = match &*name {
            "portcullis" => VERSION.into(),
            _ => version(&ours["workspace"]["dependencies"][&name]),
        };
        assert_eq!(version(&declared), expected, "{name}");
    }
}

#[test]
fn compose_puts_the_gateway_in_front_of_a_server_that_publishes_nothing() {
    let (folder, report) = init("compose", &[&RESOURCE, &SCALEKIT]);
    assert!(report.ends_with("next:\n  docker compose up --build\n"), "{report}");
    let compose = read(&folder, "compose.yaml");
    let scalars = scalars(&compose);
    assert_eq!(scalars.iter().filter(|text| *text == "ports").count(), 1);
    for text in ["127.0.0.1:3002:3002", "Dockerfile.portcullis", "server"] {
        assert!(scalars.iter().any(|scalar| scalar == text), "{text}: {compose}");
    }
    assert!(scalars.iter().any(|scalar| scalar.starts_with("${MCP_SERVER_IMAGE:?")), "{compose}");
    assert!(read(&folder, "Dockerfile.portcullis").contains(&format!("--version {VERSION} ")));
    let config = table(&folder, "portcullis.toml");
    assert_eq!(config["listen"], "0.0.0.0:3002".into());
    assert_eq!(config["resource"][0]["upstream"], "http://server:8000/mcp".into());
    shown(&folder);

    let (folder, _) = init(
        "compose",
        &[&RESOURCE, &SCALEKIT, &["--upstream", "http://todo/mcp", "--image", "acme/todo:1"]],
    );
    let compose = read(&folder, "compose.yaml");
    assert!(compose.contains("\n  \"todo\":\n    image: \"acme/todo:1\"\n"), "{compose}");
    shown(&folder);
}

fn scalars(yaml: &str) -> Vec<String> {
    let events = Parser::new_from_str(yaml).map(|event| event.unwrap().0);
    events
        .filter_map(|event| if let Event::Scalar(text, ..) = event { Some(text.into_owned()) } else { None })
        .collect()
}

/// Whatever stands where a file would be written stays as it is, and nothing else is written.
#[test]
fn nothing_is_overwritten_and_nothing_is_half_written() {
    let required = [&RESOURCE[..], &SCALEKIT].concat();
    let with_upstream = [&required[..], &UPSTREAM].concat();
    for (what, flags, files) in [
        ("gateway", with_upstream, &["portcullis.toml"][..]),
        ("compose", required.clone(), &["compose.yaml", "Dockerfile.portcullis", "portcullis.toml"]),
        (
            "server",
            required,
            &[
                "Cargo.toml",
                "src/main.rs",
                "src/tools.rs",
                "src/tests.rs",
                ".env.example",
                ".gitignore",
                "README.md",
            ],
        ),
    ] {
        for file in files {
            for kind in ["a file", "a folder", "a link to a file", "a link to nowhere"] {
                let (outside, folder) = (tempdir().unwrap(), tempdir().unwrap());
                fs::write(outside.path().join("theirs"), "theirs").unwrap();
                let path = folder.path().join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                match kind {
                    "a file" => fs::write(&path, "mine").unwrap(),
                    "a folder" => fs::create_dir(&path).unwrap(),
                    "a link to a file" => symlink(outside.path().join("theirs"), &path).unwrap(),
                    _ => symlink(outside.path().join("nowhere"), &path).unwrap(),
                }
                let before = (tree(folder.path()), tree(outside.path()));
                let (complaint, code) = complaint(folder.path(), &[&["init", what], &flags[..]].concat());
                assert_eq!(code, Some(1), "{what}, {kind}");
                assert!(complaint.contains(file) && complaint.contains("nothing was written"), "{complaint}");
                assert_eq!((tree(folder.path()), tree(outside.path())), before, "{what}: {file} is {kind}");
            }
        }
    }
}

#[test]
fn a_folder_that_leads_elsewhere_is_not_followed() {
    let (outside, folder) = (tempdir().unwrap(), tempdir().unwrap());
    symlink(outside.path(), folder.path().join("src")).unwrap();
    let (complaint, code) = complaint(folder.path(), &["init", "server"]);
    assert_eq!(code, Some(1));
    assert!(complaint.contains("exists already: src;"), "{complaint}");
    assert_eq!((tree(outside.path()).len(), tree(folder.path()).len()), (0, 1));
    fs::write(folder.path().join("file"), "mine").unwrap();
    for target in ["file", "file/below"] {
        assert_eq!(self::complaint(folder.path(), &["init", "server", target]).1, Some(1));
    }
    assert_eq!(tree(folder.path()).len(), 2);
}

/// Texts that mean something in TOML, Rust, YAML, a shell, or a template.
const HOSTILE: [&str; 8] = [
    r#"x" }"#,
    r#"x", name = "y"#,
    r"x\",
    "x'''",
    "{{name}} {} ${HOME} $(id) `id`",
    "x\u{2028}[[resource.issuer]]",
    "\u{202e}x\u{1f525}",
    "*/ */ //",
];

#[test]
fn a_value_stays_a_value_in_toml() {
    for hostile in HOSTILE {
        let identifier = format!("https://mcp.example.com/{}", hostile.replace(' ', "%20"));
        let pattern = hostile.replace('=', ":");
        let (audience, tool) = (["--auth0-audience", hostile], format!("{pattern}=todo:read"));
        let flags = [
            &["--auth0-domain", "acme.eu.auth0.com", "--tool", &tool, "--resource", &identifier],
            &audience[..],
        ];
        for (what, upstream) in [("gateway", &UPSTREAM[..]), ("compose", &[])] {
            let (folder, _) = init(what, &[&flags.concat(), upstream]);
            let config = table(&folder, "portcullis.toml");
            let resource = &config["resource"][0];
            assert_eq!(resource["identifier"].as_str(), Some(&*identifier));
            assert_eq!(resource["issuer"].as_array().unwrap().len(), 1, "{hostile}");
            assert_eq!(resource["issuer"][0]["auth0"]["audience"].as_str(), Some(hostile));
            assert_eq!(resource["tools"].as_table().unwrap().keys().collect::<Vec<_>>(), [&pattern]);
            shown(&folder);
        }
    }
}

#[test]
fn a_value_stays_a_value_in_rust() {
    let main = |audience: &str| {
        let flags = ["--issuer", "https://login.example.com", "--audience", audience];
        read(&init("server", &[&RESOURCE, &flags]).0, "src/main.rs")
    };
    let plain = main("plain");
    for hostile in HOSTILE {
        assert_eq!(main(hostile), plain.replace("\"plain\"", &format!("{hostile:?}")));
    }
}

#[test]
fn a_folder_names_a_package_and_says_nothing_more() {
    let folder = tempdir().unwrap();
    let name = "x\"\n[dependencies]\nevil = \"1\"'$(id)";
    let report = said(folder.path(), &["init", "server", name]);
    assert!(report.contains("  cd 'x\""), "{report}");
    let manifest: Table =
        fs::read_to_string(folder.path().join(name).join("Cargo.toml")).unwrap().parse().unwrap();
    assert_eq!(manifest["package"]["name"], "x-dependencies-evil-1-id".into());
    assert_eq!(manifest["dependencies"].get("evil"), None);
}

/// Where nobody can be asked, everything that is missing or wrong is told at once, with its flag.
#[test]
fn what_is_missing_or_wrong_names_its_flag_and_nothing_is_written() {
    let complete = [&RESOURCE[..], &UPSTREAM, &SCALEKIT].concat();
    let gateway = |more: &[&'static str]| [&["init", "gateway"], &complete[..], more].concat();
    for (arguments, parts) in [
        (vec!["init"], vec!["portcullis init server"]),
        (vec!["init", "--yes"], vec!["portcullis init: is missing"]),
        (
            vec!["init", "gateway"],
            vec!["--resource: is missing; write", "--upstream: is missing; ", "--issuer: is missing"],
        ),
        (vec!["init", "compose", "--yes"], vec!["--resource: is missing", "--scalekit-environment"]),
        (
            vec!["init", "server", "--scalekit-resource", "res_1"],
            vec!["--scalekit-environment: is missing", "--resource"],
        ),
        (
            vec!["init", "server", "--resource", "http://mcp.example.com"],
            vec!["--resource: a resource identifier uses https"],
        ),
        (
            vec!["init", "server", "--resource", "https://h/:a/*b"],
            vec!["--resource: has a path that is not plain; write"],
        ),
        (vec!["init", "server", "--resource", "https://h/\"x"], vec!["--resource: has a path"]),
        (vec!["init", "server", "--issuer", "https://a?b"], vec!["--issuer: an issuer has no query"]),
        (
            vec!["init", "compose", "--upstream", "http://127.0.0.1:8000/mcp"],
            vec!["--upstream: has no service"],
        ),
        (
            vec!["init", "compose", "--upstream", "http://gateway:8000/mcp"],
            vec!["--upstream: has no service"],
        ),
        (vec!["init", "compose", "--image", "a\"\n"], vec!["--image: is not the name of an image"]),
        (vec!["init", "compose", "--image", "a${B}"], vec!["--image: is not the name of an image; write"]),
        (gateway(&["--issuer", "https://a"]), vec!["several issuers"]),
        (gateway(&["--tool", "a"]), vec!["--tool: says no scopes"]),
        (gateway(&["--tool", "a="]), vec!["--tool: \"a\": a scope may not be empty"]),
        (gateway(&["--tool", "a=b c"]), vec!["--tool: \"a\": ' ' may not stand in a scope"]),
        (gateway(&["--tool", "a=b", "--tool", "a=c"]), vec!["--tool: \"a\" is given twice"]),
        (gateway(&["--tool", "a\nb=c"]), vec!["--tool: has control characters"]),
    ] {
        let folder = tempdir().unwrap();
        let (complaint, code) = complaint(folder.path(), &arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {complaint}");
        for part in parts {
            assert!(complaint.contains(part), "{part}: {complaint}");
        }
        assert_eq!(tree(folder.path()), BTreeMap::new());
    }
    let folder = tempdir().unwrap();
    let (complaint, code) = complaint(folder.path(), &gateway(&["--tool", "a=offline_access"]));
    assert_eq!(code, Some(2), "{complaint}");
    assert!(complaint.contains("--tool: asks for nothing but offline_access"), "{complaint}");
    assert_eq!(tree(folder.path()), BTreeMap::new());
}
