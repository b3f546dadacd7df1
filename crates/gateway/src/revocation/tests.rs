//! The list and its file: what crashes, disks and other hands can do to them.

use super::*;
use portcullis_oauth::Clock;
use portcullis_testing::TestClock;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

fn open(path: &Path) -> Result<Arc<Denylist>, RevocationsFileError> {
    open_at(path, Arc::default())
}

fn open_at(path: &Path, clock: Arc<TestClock>) -> Result<Arc<Denylist>, RevocationsFileError> {
    Denylist::open(Some(path), KnownIssuers::default(), Duration::from_secs(600), clock)
}

fn order(subject: &str) -> Order {
    let what = What::Subject(subject.to_owned());
    Order { issuer: "https://issuer.example".to_owned(), what, before: None, expires_in: None }
}

fn subjects(list: &Denylist) -> Vec<String> {
    list.list(0, usize::MAX).iter().map(|entry| entry.what.value().to_owned()).collect()
}

/// A file with three entries, in a folder of its own.
fn written() -> (tempfile::TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("revocations.json");
    let list = open(&path).unwrap();
    for subject in ["user-1", "user \"2\"\n", "üser-3"] {
        assert!(list.add(order(subject)).unwrap().is_new);
    }
    let text = fs::read_to_string(&path).unwrap();
    (folder, path, text)
}

#[test]
fn what_was_written_is_read_again() {
    let (_folder, path, text) = written();
    let list = open(&path).unwrap();
    assert_eq!(subjects(&list), ["user-1", "user \"2\"\n", "üser-3"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "to read it changes nothing");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "and leaves nothing beside it");
}

/// A list that is cut would let revoked tokens in: wherever it is cut, the start is refused.
#[test]
fn a_file_that_is_cut_anywhere_stops_the_start() {
    let (_folder, path, text) = written();
    for end in 0..text.len() - 1 {
        fs::write(&path, &text.as_bytes()[..end]).unwrap();
        let Err(error) = open(&path) else { panic!("cut at {end}: {:?}", &text.as_bytes()[..end]) };
        if text.is_char_boundary(end) {
            let message = error.to_string();
            assert!(
                message.contains("revocations.json:") && message.contains("restore it from a copy"),
                "{message}"
            );
        }
    }
}

#[test]
fn a_file_that_says_something_else_stops_the_start() {
    let (_folder, path, text) = written();
    for (name, changed) in [
        (
            "an entry less",
            text.replacen(&text.lines().nth(1).map(|line| format!("{line}\n")).unwrap(), "", 1),
        ),
        ("an entry twice", text.replacen("\"id\":2", "\"id\":1", 1)),
        ("an id that is still to come", text.replacen("\"id\":3", "\"id\":4", 1)),
        ("of a later version", text.replacen("\"version\":1", "\"version\":2", 1)),
        ("an unknown member", text.replacen("\"created_at\"", "\"tenant\":\"a\",\"created_at\"", 1)),
        ("nobody", text.replacen("\"subject\":\"user-1\",", "", 1)),
        ("two at once", text.replacen("\"subject\"", "\"jti\":\"x\",\"subject\"", 1)),
        ("more after its end", format!("{text}{{}}")),
        ("a list", "[1,1,[],0,0]".to_owned()),
        ("nothing", String::new()),
        ("something else", "subject user-1\n".to_owned()),
    ] {
        assert_ne!(changed, text, "{name}");
        fs::write(&path, &changed).unwrap();
        let Err(error) = open(&path) else { panic!("{name}") };
        assert!(matches!(error, RevocationsFileError::Content { .. }), "{name}: {error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), changed, "it is left as it is");
    }
}

/// Between the write and the rename: the new list lies beside, whole or not, and the old one counts.
#[test]
fn a_crash_while_writing_leaves_the_old_list() {
    let (_folder, path, text) = written();
    let beside = path.with_file_name("revocations.json.new");
    for left in ["", &text[..text.len() / 2], &text.replace("user-1", "user-7")] {
        fs::write(&beside, left).unwrap();
        let list = open(&path).unwrap();
        assert_eq!(subjects(&list).len(), 3);
        assert!(list.add(order("user-4")).unwrap().is_new, "and what is left is in nobody's way");
        assert_eq!(subjects(&open(&path).unwrap()).len(), 4);
        assert!(!beside.exists());
        fs::write(&path, &text).unwrap();
    }
    // As long as the new one is not whole, the old one is not touched.
    let list = open(&path).unwrap();
    fs::create_dir(&beside).unwrap();
    assert!(matches!(list.add(order("user-4")), Err(AddError::NotSaved { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

/// Somebody else could put a link where the new list is about to be written.
#[cfg(unix)]
#[test]
fn no_link_is_followed_and_nobody_else_may_read() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let (folder, path, _) = written();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let precious = folder.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    symlink(&precious, path.with_file_name("revocations.json.new")).unwrap();
    open(&path).unwrap().add(order("user-4")).unwrap();
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(mode(&path), 0o600);
    // The file itself may be a link: what it leads to is the list.
    let link = folder.path().join("link");
    symlink(&path, &link).unwrap();
    open(&link).unwrap().add(order("user-5")).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(subjects(&open(&path).unwrap()).len(), 5);
    for exposed in [0o644, 0o620, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(exposed)).unwrap();
        let Err(error) = open(&path) else { panic!("{exposed:o}") };
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

/// Two processes with one file would each undo what the other has revoked.
#[test]
fn another_processs_list_is_not_written_over() {
    let (_folder, path, _) = written();
    let (one, two) = (open(&path).unwrap(), open(&path).unwrap());
    assert!(one.add(order("user-4")).unwrap().is_new);
    assert!(one.add(order("user-5")).unwrap().is_new, "its own change is none");
    let Err(AddError::NotSaved { error, .. }) = two.add(order("user-6")) else { panic!("it was written") };
    assert!(error.to_string().contains("another process"), "{error}");
    let unsaved = two.remove(1);
    assert!(matches!(unsaved, Err(RemoveError::NotSaved(_))), "{unsaved:?}");
    assert_eq!(
        subjects(&two),
        ["user-1", "user \"2\"\n", "üser-3", "user-6"],
        "both err on the side of a refusal"
    );
    assert_eq!(subjects(&open(&path).unwrap()).len(), 5);
}

#[test]
fn a_file_that_cannot_be_made_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let Err(error) = open(&folder.path().join("nowhere/revocations.json")) else { panic!("where?") };
    assert!(matches!(error, RevocationsFileError::File { .. }), "{error}");
    let Err(error) = open(folder.path()) else { panic!("a folder") };
    assert!(
        matches!(error, RevocationsFileError::File { .. } | RevocationsFileError::Exposed { .. }),
        "{error}"
    );
}

/// More than are kept are refused, and nothing that is in effect makes room for them; what has expired does.
#[test]
fn a_full_list_takes_no_more_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, clock) = (folder.path().join("revocations.json"), Arc::<TestClock>::default());
    let list = open_at(&path, clock.clone()).unwrap();
    let list = Arc::new(Arc::into_inner(list).unwrap().of_at_most(3));
    for subject in ["user-1", "user-2", "user-3"] {
        assert!(list.add(order(subject)).unwrap().is_new);
    }
    assert!(matches!(list.add(order("user-4")), Err(AddError::Full { most: 3 })));
    assert!(!list.add(order("user-2")).unwrap().is_new, "what is known needs no room");
    assert_eq!(subjects(&list), ["user-1", "user-2", "user-3"]);
    assert_eq!(subjects(&open_at(&path, clock.clone()).unwrap()), ["user-1", "user-2", "user-3"]);
    clock.advance(600 + 60);
    assert_eq!((list.active(), subjects(&list).len()), (0, 0));
    assert!(list.add(order("user-4")).unwrap().is_new);
    assert_eq!(subjects(&list), ["user-4"]);
    assert!(!fs::read_to_string(&path).unwrap().contains("user-1"));
    assert!(matches!(list.remove(1), Err(RemoveError::Unknown)));
}

/// However long somebody wants it.
#[test]
fn a_revocation_ends_within_a_year() {
    let clock = Arc::<TestClock>::default();
    let list = Denylist::open(None, KnownIssuers::default(), Duration::MAX, clock.clone()).unwrap();
    let added = list.add(Order { expires_in: Some(u64::MAX), ..order("user-1") }).unwrap();
    assert_eq!(added.entry.expires_at.0 - clock.now().0, 366 * 24 * 3600 + 60);
    assert_eq!(list.file(), None);
}
