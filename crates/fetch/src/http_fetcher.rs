//! [`Fetch`] over HTTP: no redirect, no proxy, no cookie; bounded in size and time.

use crate::{Fetch, FetchError, Fetched, Trust, address::is_public};
use bytes::BytesMut;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::CACHE_CONTROL,
    redirect::Policy,
};
use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};
use url::{Host, Url};

/// What a fetch may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until connected: 3 s.
    pub connect: Duration,
    /// Until the last byte: 10 s.
    pub total: Duration,
    /// 256 KiB: the largest provider's key set is a tenth of it.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), total: Duration::from_secs(10), body: 256 * 1024 }
    }
}

/// The fetcher of the product.
pub struct HttpFetcher {
    limits: Limits,
    anywhere: Client,
    public_only: Client,
}

/// The TLS stack could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the TLS client could not be set up: {0}")]
pub struct SetupError(#[from] reqwest::Error);

impl HttpFetcher {
    /// A fetcher with the default limits.
    ///
    /// # Errors
    /// The machine has no usable trust store.
    pub fn new() -> Result<Self, SetupError> {
        Self::with_limits(Limits::default())
    }

    /// A fetcher with other limits.
    ///
    /// # Errors
    /// As [`HttpFetcher::new`].
    pub fn with_limits(limits: Limits) -> Result<Self, SetupError> {
        let builder = || {
            Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .connect_timeout(limits.connect)
                .timeout(limits.total)
                .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            limits,
            anywhere: builder().build()?,
            public_only: builder().dns_resolver(Arc::new(PublicOnly)).build()?,
        })
    }

    async fn fetch(&self, url: Url, trust: Trust) -> Result<Fetched, FetchError> {
        let trusted = match &trust {
            Trust::Configured => true,
            Trust::Learned { from } => from.origin() == url.origin(),
        };
        check(&url, trusted)?;
        let client = if trusted { &self.anywhere } else { &self.public_only };
        let mut response = client.get(url).send().await.map_err(|error| failure(&error))?;
        if response.status() != 200 {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let max_age = max_age(&response);
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > self.limits.body {
                return Err(FetchError::TooLarge(self.limits.body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { body: body.freeze(), max_age })
    }
}

impl Fetch for HttpFetcher {
    fn get(
        &self,
        url: Url,
        trust: Trust,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + '_>> {
        Box::pin(self.fetch(url, trust))
    }
}

/// What can be judged before a name is resolved. A literal address is judged here, because nobody resolves it.
fn check(url: &Url, trusted: bool) -> Result<(), FetchError> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        Some(Host::Domain(_)) => None,
        None => return Err(FetchError::Refused("the URL has no host")),
    };
    let is_loopback = address
        .map_or(url.host_str() == Some("localhost"), |address: std::net::IpAddr| address.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if trusted && is_loopback => {}
        _ => {
            return Err(FetchError::Refused(
                "only https is fetched, and http on loopback if the operator wrote it",
            ));
        }
    }
    if !trusted && address.is_some_and(|address| !is_public(address)) {
        return Err(FetchError::Refused("a learned URL may not lead to a private address"));
    }
    Ok(())
}

fn failure(error: &reqwest::Error) -> FetchError {
    if error.is_timeout() { FetchError::Timeout } else { FetchError::Connect }
}

fn max_age(response: &Response) -> Option<Duration> {
    let value = response.headers().get(CACHE_CONTROL)?.to_str().ok()?.to_ascii_lowercase();
    let mut directives = value.split(',').map(str::trim);
    if directives.clone().any(|directive| directive == "no-store" || directive == "no-cache") {
        return Some(Duration::ZERO);
    }
    directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok()).map(Duration::from_secs)
}

/// Resolves names, and forgets every address that is not public: checked where the connection is made, so that a name
/// cannot change its mind in between.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    /// Answers each connection with the same bytes.
    fn server(answer: Vec<u8>) -> Url {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap()).parse().unwrap();
        std::thread::spawn(move || {
            if let Ok((mut stream, _)) = listener.accept() {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(&answer);
            }
        });
        url
    }

    async fn get(answer: &str) -> Result<Fetched, FetchError> {
        let limits = Limits { body: 64, ..Limits::default() };
        HttpFetcher::with_limits(limits).unwrap().get(server(answer.into()), Trust::Configured).await
    }

    #[tokio::test]
    async fn reads_a_document_and_how_long_it_lives() {
        let fetched =
            get("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncache-control: public, max-age=300\r\n\r\n{}").await;
        assert_eq!(fetched, Ok(Fetched { body: "{}".into(), max_age: Some(Duration::from_secs(300)) }));
    }

    /// SB-12
    #[tokio::test]
    async fn refuses_redirects_errors_and_large_or_cut_answers() {
        let large = format!("HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n{}", "x".repeat(65));
        let redirect = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(get(&large).await, Err(FetchError::TooLarge(64)));
        assert_eq!(get(redirect).await, Err(FetchError::Status(302)));
        assert_eq!(get("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n").await, Err(FetchError::Status(500)));
        assert_eq!(get("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}").await, Err(FetchError::Connect));
    }

    /// SB-10, SB-11, SB-12
    #[tokio::test]
    async fn a_learned_url_leads_to_no_private_place() {
        let fetcher = HttpFetcher::new().unwrap();
        let from: Url = "https://issuer.example/.well-known/x".parse().unwrap();
        for url in [
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://0x7f.1/",
            "https://169.254.169.254/latest",
            "https://2130706433/",
            "http://example.com/",
            "file:///etc/passwd",
            "https://[::ffff:10.0.0.1]/",
        ] {
            let learned = Trust::Learned { from: from.clone() };
            let result = fetcher.get(url.parse().unwrap(), learned).await;
            assert!(matches!(result, Err(FetchError::Refused(_))), "{url}: {result:?}");
        }
        // A name that resolves to loopback alone has no address left to connect to.
        let learned = Trust::Learned { from };
        let result = fetcher.get("https://localhost/".parse().unwrap(), learned).await;
        assert_eq!(result, Err(FetchError::Connect));
    }
}
