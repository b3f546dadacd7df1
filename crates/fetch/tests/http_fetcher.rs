//! The fetcher against servers on loopback that behave, and servers that do not.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use portcullis_fetch::{Fetch as _, FetchError, Fetched, Form, HttpFetcher, Limits, Trust};
use std::{
    io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _},
    net::TcpListener,
    thread::JoinHandle,
    time::Duration,
};
use url::Url;

/// A document is no larger in these tests.
const BODY: usize = 64;

fn fetcher() -> HttpFetcher {
    HttpFetcher::with_limits(Limits { body: BODY, ..Limits::default() }).unwrap()
}

fn listen(scheme: &str) -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{scheme}://{}/keys", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url)
}

/// Gives the first request one answer, byte for byte, and closes the connection.
fn answer_once(listener: TcpListener, answer: &str) -> JoinHandle<()> {
    let answer = answer.to_owned();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(&stream).lines();
        while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
        // A client that has seen enough may have left.
        let _ = stream.write_all(answer.as_bytes());
    })
}

async fn get(answer: &str) -> Result<Fetched, FetchError> {
    let (listener, url) = listen("http");
    let server = answer_once(listener, answer);
    let result = fetcher().get(url, Trust::Configured).await;
    server.join().unwrap();
    result
}

fn is_untouched(listener: &TcpListener) -> bool {
    listener.set_nonblocking(true).unwrap();
    matches!(listener.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

fn learned(from: &str) -> Trust {
    Trust::Learned { from: from.parse().unwrap() }
}

#[tokio::test]
async fn reads_a_document_and_how_long_it_lives() {
    let fetched =
        get("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncache-control: public, max-age=300\r\n\r\n{}").await;
    assert_eq!(fetched, Ok(Fetched { body: "{}".into(), max_age: Some(Duration::from_secs(300)) }));
}

#[tokio::test]
async fn reads_a_body_of_exactly_the_limit_and_not_one_byte_more() {
    for (size, fits) in [(BODY, true), (BODY + 1, false)] {
        let body = "x".repeat(size);
        let measured = get(&format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n{body}")).await;
        let chunked = get(&format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n"
        ))
        .await;
        for result in [measured, chunked] {
            match result {
                Ok(fetched) => assert!(fits && fetched.body == body),
                Err(error) => assert!(!fits && error == FetchError::TooLarge(BODY), "{error:?}"),
            }
        }
    }
}

/// SB-12: a redirect is not followed, so no hop can lead inside.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (inside, url) = listen("http");
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(get(&answer).await, Err(FetchError::Status(302)));
    assert!(is_untouched(&inside));
}

#[tokio::test]
async fn only_200_is_an_answer() {
    for status in [201, 204, 206, 304, 404, 429, 500, 503] {
        let answer = format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(get(&answer).await, Err(FetchError::Status(status)));
    }
}

#[tokio::test]
async fn half_a_document_is_none() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\n{}\r\n0\r\n\r\n",
    ] {
        assert_eq!(get(answer).await, Err(FetchError::Body), "{answer:?}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for answer in ["", "HTTP/1.1 2"] {
        assert_eq!(get(answer).await, Err(FetchError::Connect), "{answer:?}");
    }
}

/// Somebody is there: to say that there is no connection would send people to look for one.
#[tokio::test]
async fn an_answer_that_is_no_http_is_told_from_no_answer() {
    for answer in ["SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nserver: a\x01b\r\n\r\n", "HTTP/1.1 xyz\r\n\r\n"]
    {
        assert_eq!(get(answer).await, Err(FetchError::Unreadable), "{answer:?}");
    }
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let (listener, url) = listen("http");
    drop(listener);
    assert_eq!(fetcher().get(url, Trust::Configured).await, Err(FetchError::Connect));
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    // The operating system completes the connection; nobody ever accepts it.
    let (_silent, url) = listen("http");
    let limits = Limits { total: Duration::from_millis(50), ..Limits::default() };
    let result = HttpFetcher::with_limits(limits).unwrap().get(url, Trust::Configured).await;
    assert_eq!(result, Err(FetchError::Timeout));
}

/// SB-10, SB-12
#[tokio::test]
async fn a_learned_private_address_is_not_even_dialled() {
    let (inside, url) = listen("https");
    for host in ["127.0.0.1", "0x7f.1", "0177.0.0.1", "2130706433", "localhost"] {
        let url = format!("https://{host}:{}/keys", url.port().unwrap()).parse().unwrap();
        let result = fetcher().get(url, learned("https://issuer.example/")).await;
        assert!(matches!(result, Err(FetchError::Refused(_))), "{host}: {result:?}");
    }
    assert!(is_untouched(&inside));
}

/// SB-10, SB-11
#[tokio::test]
async fn a_learned_url_leads_to_no_private_place() {
    for url in [
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00:ec2::254]/",
        "https://[64:ff9b::a00:1]/",
        "https://169.254.169.254/latest",
        "http://issuer.example/",
        "file:///etc/passwd",
        "data:application/json,{}",
    ] {
        let result = fetcher().get(url.parse().unwrap(), learned("https://issuer.example/")).await;
        assert!(matches!(result, Err(FetchError::Refused(_))), "{url}: {result:?}");
    }
}

#[tokio::test]
async fn a_learned_url_may_be_private_where_its_document_is() {
    let (listener, url) = listen("http");
    let from = url.join("/.well-known/oauth-authorization-server").unwrap();
    let server = answer_once(listener, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    let fetched = fetcher().get(url, Trust::Learned { from }).await.unwrap();
    server.join().unwrap();
    assert_eq!(fetched.body, "{}");
    assert_eq!(fetched.max_age, None);
}

/// Another port is another origin (RFC 6454 §4).
#[tokio::test]
async fn another_port_of_the_same_host_is_another_origin() {
    let (neighbour, url) = listen("http");
    let result = fetcher().get(url, learned("http://127.0.0.1:1/metadata")).await;
    assert!(matches!(result, Err(FetchError::Refused(_))), "{result:?}");
    assert!(is_untouched(&neighbour));
}

/// Takes one request with its body, gives one answer, and says what it was asked.
fn take_once(listener: TcpListener, answer: &str) -> JoinHandle<(Vec<String>, String)> {
    let answer = answer.to_owned();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            head.push(line.trim().to_ascii_lowercase());
        }
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let _ = stream.write_all(answer.as_bytes());
        (head, String::from_utf8(body).unwrap())
    })
}

/// IN-01, IN-02: a form, and the client in the header.
#[tokio::test]
async fn a_form_is_posted_with_its_credentials() {
    let (listener, url) = listen("http");
    let server = take_once(listener, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    let form = Form::default().with("token", "a+b").with_basic("client", "se:cret");
    let fetched = fetcher().post(url, Trust::Configured, form).await.unwrap();
    let (head, body) = server.join().unwrap();
    assert_eq!((fetched.body.as_ref(), body.as_str()), (&b"{}"[..], "token=a%2Bb"));
    assert!(head[0].starts_with("post /keys "), "{head:?}");
    for line in [
        "content-type: application/x-www-form-urlencoded",
        "accept: application/json",
        // base64 of `client:se%3Acret`, in lower case.
        &format!("authorization: basic {}", "Y2xpZW50OnNlJTNBY3JldA==".to_ascii_lowercase()),
    ] {
        assert!(head.iter().any(|found| found == line), "{line} in {head:?}");
    }
}

/// IN-07, SB-10..SB-12: what is posted keeps to the rules of what is fetched; a redirect would carry the token away.
#[tokio::test]
async fn a_form_goes_to_no_other_place_than_a_document_comes_from() {
    let form = || Form::default().with("token", "secret");
    for url in ["https://10.0.0.1/", "http://issuer.example/", "https://169.254.169.254/latest"] {
        let result = fetcher().post(url.parse().unwrap(), learned("https://issuer.example/"), form()).await;
        assert!(matches!(result, Err(FetchError::Refused(_))), "{url}: {result:?}");
    }
    let plain = fetcher().post("http://10.0.0.1/".parse().unwrap(), Trust::Configured, form()).await;
    assert!(matches!(plain, Err(FetchError::Refused(_))), "{plain:?}");
    let (inside, elsewhere) = listen("http");
    let (listener, url) = listen("http");
    let answer =
        format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
    let server = take_once(listener, &answer);
    assert_eq!(fetcher().post(url, Trust::Configured, form()).await, Err(FetchError::Status(307)));
    server.join().unwrap();
    assert!(is_untouched(&inside));
}
