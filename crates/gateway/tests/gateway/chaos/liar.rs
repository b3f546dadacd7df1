//! An upstream of raw sockets: it answers every request well, but for those named `bad`.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What it does when it is asked for something bad; after the last of these it goes on as if nothing had been.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// In the first place: before the request's body is read.
    Unread,
    Say(Vec<u8>),
    /// Says this as long as somebody listens.
    Flood(Vec<u8>),
    /// Nothing, until it is told to go on.
    Await,
    /// Nothing, as long as the connection is there.
    Stall,
    /// The end, as it should be said.
    Close,
    /// The end, as it should not.
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    Serving,
    Stuck,
    LetGo,
    GoesOn,
    Said,
}

/// What it does, and how far it got.
type Plan = (Vec<Act>, Arc<watch::Sender<Progress>>);

pub(super) struct Liar {
    pub(super) address: SocketAddr,
    plan: Arc<Mutex<Plan>>,
}

impl Liar {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let plan = Arc::new(Mutex::new((Vec::new(), Arc::new(watch::Sender::new(Progress::Serving)))));
        tokio::spawn({
            let plan = plan.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, plan.clone()));
                }
            }
        });
        Self { address, plan }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/inner", self.address)
    }

    /// What it does from now on.
    pub(super) fn will(&self, acts: Vec<Act>) {
        *self.plan.lock().unwrap() = (acts, Arc::new(watch::Sender::new(Progress::Serving)));
    }

    /// Waits until it says nothing more, or never stops talking.
    pub(super) async fn is_stuck(&self) {
        self.comes_to(|it| it >= Progress::Stuck).await;
    }

    /// Lets it go on, and waits until it has said all it wants to.
    pub(super) async fn goes_on(&self) {
        self.progress().send_replace(Progress::GoesOn);
        self.comes_to(|it| it == Progress::Said).await;
    }

    /// Waits until the gateway has hung up on it.
    pub(super) async fn is_let_go(&self) {
        self.comes_to(|it| it == Progress::LetGo).await;
    }

    async fn comes_to(&self, is_there: impl Fn(Progress) -> bool) {
        self.progress().subscribe().wait_for(|it| is_there(*it)).await.unwrap();
    }

    fn progress(&self) -> Arc<watch::Sender<Progress>> {
        self.plan.lock().unwrap().1.clone()
    }
}

/// A request: its head, and all of its body that should be read.
pub(super) struct Asked {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// The next request on a connection; none when it ended.
pub(super) async fn next(stream: &mut TcpStream, reads_body: impl Fn(&Asked) -> bool) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let body = bytes.split_off(end);
    let mut asked = Asked { head: String::from_utf8(bytes).unwrap(), body };
    let length = asked.header("content-length").map_or(0, |it| it.parse().unwrap());
    while reads_body(&asked) && asked.body.len() < length {
        if stream.read_buf(&mut asked.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(asked)
}

async fn serve(mut stream: TcpStream, plan: Arc<Mutex<Plan>>) {
    let is_bad = |asked: &Asked| asked.header("x-request-id") == Some("bad");
    let is_unread = || matches!(plan.lock().unwrap().0.first(), Some(Act::Unread));
    let reads_body = |asked: &Asked| !(is_bad(asked) && is_unread());
    while let Some(asked) = next(&mut stream, reads_body).await {
        if !is_bad(&asked) {
            let name = asked.header("x-request-id").unwrap();
            let length = name.len();
            let good = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{name}"
            );
            if stream.write_all(good.as_bytes()).await.is_err() {
                return;
            }
            continue;
        }
        let (acts, progress) = plan.lock().unwrap().clone();
        for act in &acts {
            match act {
                Act::Unread => {}
                // Whoever has heard enough hangs up.
                Act::Say(bytes) => drop(stream.write_all(bytes).await),
                Act::Flood(bytes) => {
                    while stream.write_all(bytes).await.is_ok() {
                        progress.send_replace(Progress::Stuck);
                    }
                    progress.send_replace(Progress::LetGo);
                    return;
                }
                Act::Stall => {
                    progress.send_replace(Progress::Stuck);
                    while stream.ready(tokio::io::Interest::READABLE).await.is_ok() {
                        if matches!(stream.try_read(&mut [0; 1024]), Ok(0)) {
                            break;
                        }
                    }
                    progress.send_replace(Progress::LetGo);
                    return;
                }
                Act::Await => {
                    let _ = progress.subscribe().wait_for(|it| *it == Progress::GoesOn).await;
                }
                Act::Close => return,
                Act::Reset => {
                    stream.set_zero_linger().unwrap();
                    return;
                }
            }
        }
        progress.send_if_modified(|it| {
            *it == Progress::GoesOn && {
                *it = Progress::Said;
                true
            }
        });
    }
}
