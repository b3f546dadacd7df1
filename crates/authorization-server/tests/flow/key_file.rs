//! The file of the signing key.

use portcullis_authorization_server::{SigningKey, SigningKeyError};
use std::{
    fs,
    sync::{Arc, Barrier},
    thread,
};
use tempfile::tempdir;

#[test]
fn the_key_is_made_once() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a/b/key.p8");
    let made = SigningKey::load_or_create(&path).unwrap();
    assert_eq!(SigningKey::load_or_create(&path).unwrap().kid(), made.kid());
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempdir().unwrap();
    let path = folder.path().join("portcullis/key.p8");
    SigningKey::load_or_create(&path).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    for exposed in [0o640, 0o604, 0o620, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(exposed)).unwrap();
        let error = SigningKey::load_or_create(&path).unwrap_err();
        assert!(matches!(error, SigningKeyError::Exposed { .. }), "{exposed:o}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_file_of_something_else_is_kept_and_named() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("key.p8");
    SigningKey::load_or_create(&path).unwrap();
    for content in ["", "not a key", &"a".repeat(1 << 16)] {
        fs::write(&path, content).unwrap();
        let error = SigningKey::load_or_create(&path).unwrap_err();
        assert!(matches!(error, SigningKeyError::Content { .. }));
        assert!(error.to_string().contains("key.p8"));
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn whoever_is_first_makes_it_for_everybody() {
    let folder = tempdir().unwrap();
    let path = Arc::new(folder.path().join("new/key.p8"));
    let together = Arc::new(Barrier::new(8));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (path, together) = (path.clone(), together.clone());
            thread::spawn(move || {
                together.wait();
                SigningKey::load_or_create(&path).unwrap().kid().to_owned()
            })
        })
        .collect();
    let mut kids: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    kids.dedup();
    assert_eq!(kids.len(), 1);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
}
