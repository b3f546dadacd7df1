//! The signing key of development: ES256, kept in a file only its owner may read, so that a restart orphans nobody.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::{
    fmt, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Signs access tokens, and what must come back to us unchanged.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    sealing: hmac::Key,
    kid: String,
    x: String,
    y: String,
}

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The file or its folder could not be read or made.
    #[error("the signing key {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others may read it.
    #[error(
        "the signing key {path} can be read by other users; run `chmod 600 {path}`, or delete it to get a new one"
    )]
    Exposed {
        /// Which file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("{path} is not a P-256 key in PKCS#8; delete it to get a new one")]
    Content {
        /// Which file.
        path: PathBuf,
    },
    /// The machine has no randomness.
    #[error("a key could not be generated")]
    Generate,
}

impl SigningKey {
    /// Loads the key, or makes it on first use. Of two processes that make it at once, both end up with one key.
    ///
    /// # Errors
    /// [`SigningKeyError`], with the file and what to do.
    pub fn load_or_create(path: &Path) -> Result<Self, SigningKeyError> {
        let failed = |source| SigningKeyError::File { path: path.to_owned(), source };
        match read_private(path) {
            Err(SigningKeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok(document) => {
                return Self::from_pkcs8(&document).ok_or(SigningKeyError::Content { path: path.to_owned() });
            }
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let document = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .and_then(|pair| pair.to_pkcs8v1())
            .map_err(|_| SigningKeyError::Generate)?;
        let fresh = path.with_extension(format!("new-{}", std::process::id()));
        write_private(&fresh, document.as_ref()).map_err(failed)?;
        // A link fails if the name is taken: whoever was first has won, and everybody reads the winner's.
        let linked = fs::hard_link(&fresh, path);
        fs::remove_file(&fresh).map_err(failed)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
        Self::from_pkcs8(&read_private(path)?).ok_or(SigningKeyError::Content { path: path.to_owned() })
    }

    /// A key that lives as long as the process.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub fn ephemeral() -> Result<Self, SigningKeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| SigningKeyError::Generate)?;
        let document = pair.to_pkcs8v1().map_err(|_| SigningKeyError::Generate)?;
        Self::from_pkcs8(document.as_ref()).ok_or(SigningKeyError::Generate)
    }

    fn from_pkcs8(document: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document).ok()?;
        let point = pair.public_key().as_ref();
        let (x, y) = point.get(1..)?.split_at_checked(32)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        // RFC 7638 §3: the members in this order, without blanks.
        let thumbprint =
            digest(&SHA256, format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#).as_bytes());
        let sealing = hmac::Key::new(hmac::HMAC_SHA256, digest(&SHA256, document).as_ref());
        Some(Self { pair, sealing, kid: URL_SAFE_NO_PAD.encode(thumbprint), x, y })
    }

    /// The key's name: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key set (RFC 7517 §5).
    pub fn jwks(&self) -> Value {
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid, "x": self.x, "y": self.y }] })
    }

    /// A signature over `message` (RFC 7518 §3.4).
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.pair.sign(&SystemRandom::new(), message).ok().map(|signature| signature.as_ref().to_vec())
    }

    /// `payload`, in a form that comes back unchanged or not at all. `purpose` keeps one use apart from another.
    pub(crate) fn seal(&self, purpose: &str, payload: &[u8]) -> String {
        let tag = hmac::sign(&self.sealing, &[purpose.as_bytes(), b"\0", payload].concat());
        format!("{}.{}", URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(tag))
    }

    /// What was sealed for this purpose.
    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let (payload, tag) = sealed.split_once('.')?;
        let (payload, tag) = (URL_SAFE_NO_PAD.decode(payload).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        let message = [purpose.as_bytes(), b"\0", &payload].concat();
        hmac::verify(&self.sealing, &message, &tag).ok().map(|()| payload)
    }
}

fn read_private(path: &Path) -> Result<Vec<u8>, SigningKeyError> {
    let failed = |source| SigningKeyError::File { path: path.to_owned(), source };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if fs::metadata(path).map_err(failed)?.mode() & 0o077 != 0 {
            return Err(SigningKeyError::Exposed { path: path.to_owned() });
        }
    }
    fs::read(path).map_err(failed)
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}
