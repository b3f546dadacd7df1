//! The other end of the redirect: a listener on 127.0.0.1 (RFC 8252 §7.3) that takes one answer to the question that was asked,
//! and says nothing of what it was told. Whatever else dials it is turned away, and the wait goes on: a web page that guesses
//! the port can neither put an answer in nor end the sign-in.

use super::Trouble;
use std::{io, net::Ipv4Addr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::timeout,
};
use url::Url;

/// As long as a person may take to sign in.
const PATIENCE: Duration = Duration::from_secs(600);
/// As long as one request may take.
const REQUEST: Duration = Duration::from_secs(10);
/// A request's line and headers. In bytes.
const MAX_REQUEST: usize = 32 * 1024;
/// At the same time. Browsers open some on suspicion.
const MAX_CONNECTIONS: usize = 16;
const PATH: &str = "/callback";

const DONE: &str = "You may close this window: Portcullis goes on in the terminal.";
const NOT_ASKED: &str = "This is not the answer to a sign-in that Portcullis waits for.";

/// A listener, before anybody is sent anywhere.
pub(super) struct Callback {
    listener: TcpListener,
    redirect: String,
}

/// What an answer is known by.
pub(super) struct Expected {
    /// The `state` that was sent (RFC 6749 §10.12).
    pub(super) state: String,
    pub(super) issuer: String,
    /// Whether the authorization server has promised to say who it is (RFC 9207 §2.3).
    pub(super) issuer_is_promised: bool,
}

/// The answer.
#[derive(PartialEq, Eq)]
pub(super) enum Answer {
    Code {
        code: String,
        issuer: Option<String>,
    },
    /// RFC 6749 §4.1.2.1
    Refused {
        error: String,
        description: Option<String>,
    },
    /// Somebody else answered, or nobody said who (RFC 9207 §2.4).
    OtherIssuer(Option<String>),
}

impl Callback {
    pub(super) async fn listen(port: u16) -> Result<Self, Trouble> {
        let listening = async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            let port = listener.local_addr()?.port();
            Ok::<_, io::Error>(Self { listener, redirect: format!("http://127.0.0.1:{port}{PATH}") })
        };
        listening.await.map_err(|error| {
            Trouble::Unusable(format!(
                "127.0.0.1:{port}, where the answer is to arrive, cannot be listened on: {error}; choose another port with \
                 --callback-port"
            ))
        })
    }

    /// Its own URL.
    pub(super) fn redirect(&self) -> &str {
        &self.redirect
    }

    /// Waits for the answer. Nobody listens when it is here.
    pub(super) async fn answer(self, expected: Expected) -> Result<Answer, Trouble> {
        let (sender, mut answers) = mpsc::channel(1);
        let accepting = accept(self.listener, Arc::new(expected), sender);
        let waiting = async {
            tokio::select! {
                answer = answers.recv() => answer,
                () = accepting => None,
            }
        };
        let answer = timeout(PATIENCE, waiting).await.map_err(|_| {
            Trouble::Unusable(format!("nobody has signed in for {} minutes", PATIENCE.as_secs() / 60))
        })?;
        answer.ok_or_else(|| Trouble::Unusable("nobody can be listened to any more on 127.0.0.1".to_owned()))
    }
}

/// Ends when no connection can be taken any more.
async fn accept(listener: TcpListener, expected: Arc<Expected>, answers: mpsc::Sender<Answer>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Dropped with this, and the connections with it.
    let mut open = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else { return };
        let (expected, answers) = (expected.clone(), answers.clone());
        open.spawn(async move {
            let _place = place;
            // A browser that stops in the middle has another try.
            let _ = timeout(REQUEST, serve(stream, &expected, &answers)).await;
        });
        while open.try_join_next().is_some() {}
    }
}

async fn serve(mut stream: TcpStream, expected: &Expected, answers: &mpsc::Sender<Answer>) -> io::Result<()> {
    let Some(target) = target(&read(&mut stream).await?) else {
        return say(&mut stream, "400 Bad Request", NOT_ASKED).await;
    };
    if target.path() != PATH {
        return say(&mut stream, "404 Not Found", NOT_ASKED).await;
    }
    let Some(answer) = judge(&target, expected) else {
        return say(&mut stream, "400 Bad Request", NOT_ASKED).await;
    };
    // The first one has the only place there is.
    let Ok(place) = answers.try_reserve() else {
        return say(&mut stream, "410 Gone", NOT_ASKED).await;
    };
    let said = say(&mut stream, "200 OK", DONE).await;
    place.send(answer);
    said
}

/// The request's head.
async fn read(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = stream.read(&mut piece).await?;
        if length == 0 || head.len() + length > MAX_REQUEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(&piece[..length]);
    }
    Ok(head)
}

/// What is asked for (RFC 9112 §3.2.1), if it is asked for with GET.
fn target(head: &[u8]) -> Option<Url> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if method != "GET"
        || !target.starts_with('/')
        || !version.starts_with("HTTP/1.")
        || words.next().is_some()
    {
        return None;
    }
    Url::parse(&format!("http://127.0.0.1{target}")).ok()
}

/// The answer, if this is one: each parameter once at most (RFC 6749 §3.1), and the state first of all.
fn judge(target: &Url, expected: &Expected) -> Option<Answer> {
    let values = |name: &str| {
        let values: Vec<String> = target
            .query_pairs()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect();
        <[String; 1]>::try_from(values).map(|[value]| Some(value)).or_else(|values| match values.len() {
            0 => Ok(None),
            _ => Err(()),
        })
    };
    let (state, issuer) = (values("state").ok()?, values("iss").ok()?);
    let (code, error) = (values("code").ok()?, values("error").ok()?);
    if state? != expected.state {
        return None;
    }
    let answer = match (code, error) {
        (Some(code), None) if !code.is_empty() => Answer::Code { code, issuer: issuer.clone() },
        (None, Some(error)) => {
            Answer::Refused { error, description: values("error_description").ok().flatten() }
        }
        _ => return None,
    };
    // Simple comparison, before anything of it is believed (CL-05).
    match issuer {
        Some(issuer) if issuer != expected.issuer => Some(Answer::OtherIssuer(Some(issuer))),
        None if expected.issuer_is_promised => Some(Answer::OtherIssuer(None)),
        Some(_) | None => Some(answer),
    }
}

/// A page without anything in it that came from elsewhere.
async fn say(stream: &mut TcpStream, status: &str, text: &str) -> io::Result<()> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Portcullis</title><p>{text}</p></html>\n"
    );
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(query: &str, issuer_is_promised: bool) -> Option<Answer> {
        let issuer = "https://auth.example".to_owned();
        let expected = Expected { state: "s-1".to_owned(), issuer, issuer_is_promised };
        judge(&target(format!("GET /callback?{query} HTTP/1.1\r\n\r\n").as_bytes())?, &expected)
    }

    fn code(issuer: Option<&str>) -> Option<Answer> {
        Some(Answer::Code { code: "c".to_owned(), issuer: issuer.map(str::to_owned) })
    }

    /// CL-09
    #[test]
    fn only_the_answer_to_our_own_question_is_one() {
        for query in [
            "code=c",
            "code=c&state=",
            "code=c&state=other",
            "code=c&state=S-1",
            "code=c&state=s-1&state=s-1",
            "code=c&code=d&state=s-1",
            "code=c&error=access_denied&state=s-1",
            "code=&state=s-1",
            "state=s-1",
            "error=access_denied",
            "error=access_denied&state=other",
            "code=c&state=s-1&iss=https://auth.example&iss=https://auth.example",
            "",
        ] {
            assert!(judged(query, false).is_none(), "{query}");
        }
        assert!(judged("code=c&state=s%2D1", false) == code(None));
        let refused = Answer::Refused { error: "access_denied".into(), description: Some("no <b>".into()) };
        assert!(judged("error=access_denied&error_description=no+%3Cb%3E&state=s-1", false) == Some(refused));
    }

    /// CL-05: a code of somebody else's is not taken, and neither is their word that something failed.
    #[test]
    fn an_answer_of_another_issuer_is_known_as_one() {
        let (ours, other) = ("https://auth.example", "https://auth.example/");
        assert!(judged(&format!("code=c&state=s-1&iss={ours}"), true) == code(Some(ours)));
        for what in ["code=c", "error=server_error"] {
            let answer = judged(&format!("{what}&state=s-1&iss={other}"), false);
            assert!(answer == Some(Answer::OtherIssuer(Some(other.to_owned()))), "{what}");
            assert!(judged(&format!("{what}&state=s-1"), true) == Some(Answer::OtherIssuer(None)), "{what}");
        }
    }

    #[test]
    fn what_is_no_request_is_none() {
        for head in [
            "",
            "GET",
            "GET /callback",
            "POST /callback HTTP/1.1",
            "GET http://evil/ HTTP/1.1",
            "GET /a b HTTP/1.1",
            "\u{0}\r\n",
        ] {
            assert!(target(head.as_bytes()).is_none(), "{head}");
        }
        assert!(target(b"GET /\xff HTTP/1.1\r\n").is_none());
        assert_eq!(
            target(b"GET //evil.example/callback HTTP/1.1\r\n").unwrap().host_str(),
            Some("127.0.0.1")
        );
    }
}
