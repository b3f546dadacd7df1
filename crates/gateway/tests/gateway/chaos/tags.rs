//! Every byte has an owner: callers at once over pooled connections, to an upstream that tags each byte with its caller and
//! breaks at random places. What reaches a caller is its own, or ours.

use super::liar::{Asked, next};
use crate::fixture::{CALL, Running, before};
use portcullis_testing::TestKey;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const CALLERS: usize = 24;
/// Each caller's calls, where `PORTCULLIS_CALLS` says no other number.
const CALLS: usize = 16;

/// Numbers that look random, the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % (most as u64 + 1)).unwrap()
    }
}

/// What a caller reads, whole or up to where it broke: `tag` again and again.
fn tagged(tag: &str, length: usize) -> String {
    tag.chars().cycle().take(length).collect()
}

/// RS-21: nobody reads a byte of another's answer, and a whole answer has all of its bytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_byte_that_reaches_a_caller_is_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}/inner", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_all(stream));
        }
    });
    let gateway: &Running = Box::leak(Box::new(before(&upstream, Default::default()).await));
    static WHOLE: AtomicUsize = AtomicUsize::new(0);
    static TORN: AtomicUsize = AtomicUsize::new(0);
    static NONE: AtomicUsize = AtomicUsize::new(0);
    let calls = std::env::var("PORTCULLIS_CALLS").map_or(CALLS, |calls| calls.parse().unwrap());
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(async move {
            let user = format!("user-{caller}");
            let token = gateway.token().claim("sub", user.as_str()).sign(&TestKey::rsa());
            for call in 0..calls {
                let id = caller * calls + call;
                let body = CALL.replace("\"id\":1", &format!("\"id\":{id}"));
                let request = gateway.client.post(gateway.url()).bearer_auth(&token);
                let request = request.header("content-type", "application/json").body(body);
                let Ok(mut answer) = request.send().await else {
                    TORN.fetch_add(1, SeqCst); // before its first byte
                    continue;
                };
                let (mut read, status) = (Vec::new(), answer.status());
                let is_whole = loop {
                    match answer.chunk().await {
                        Ok(Some(chunk)) => read.extend_from_slice(&chunk),
                        end => break end.is_ok(),
                    }
                };
                let read = String::from_utf8(read).unwrap();
                if status == 502 {
                    let error: serde_json::Value = serde_json::from_str(&read).unwrap();
                    assert_eq!((&error["id"], is_whole), (&id.into(), true));
                    NONE.fetch_add(1, SeqCst);
                    continue;
                }
                assert_eq!(status, 200);
                // An answer of its own to something it asked before is the upstream's own mistake.
                let is_own = (caller * calls..=id).any(|asked| {
                    let is_long_enough =
                        if is_whole { read.len() == length(asked) } else { read.len() <= length(asked) };
                    is_long_enough && read == tagged(&format!("[{user} {asked}]"), read.len())
                });
                assert!(is_own, "{user} {id}: {read}");
                if is_whole { &WHOLE } else { &TORN }.fetch_add(1, SeqCst);
            }
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.unwrap();
    }
    let counts = [&WHOLE, &TORN, &NONE].map(|count| count.load(SeqCst));
    assert_eq!(counts.iter().sum::<usize>(), CALLERS * calls);
    assert!(counts.iter().all(|count| *count > CALLERS), "of each kind there are some: {counts:?}");
}

/// How long an answer is, from nothing to more than what crosses at a time.
fn length(id: usize) -> usize {
    let mut dice = Dice(id as u64);
    let most = [10, 1000, 20_000, 200_000][dice.up_to(3)];
    1 + dice.up_to(most)
}

async fn answer_all(mut stream: TcpStream) {
    while let Some(asked) = next(&mut stream, |_| true).await {
        if answer(&mut stream, &asked).await.is_none() {
            return;
        }
    }
}

/// One answer, good or bad as its id has it; none if the connection is to end.
async fn answer(stream: &mut TcpStream, asked: &Asked) -> Option<()> {
    let request: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
    let id = usize::try_from(request["id"].as_u64().unwrap()).unwrap();
    let body = tagged(&format!("[{} {id}]", asked.header("x-user").unwrap()), length(id));
    let mut dice = Dice(id as u64 + 1_000_000);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut bytes = (head.clone() + &body).into_bytes();
    if dice.up_to(1) == 0 {
        bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(1 + dice.up_to(rest.len() - 1));
            bytes.extend_from_slice(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes());
            rest = more;
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
    }
    let is_kept = match dice.up_to(5) {
        // Ends somewhere in the middle, at once or as it should.
        0 => {
            bytes.truncate(dice.up_to(bytes.len() - 1));
            false
        }
        1 => {
            bytes.truncate(dice.up_to(bytes.len() - 1));
            let _ = stream.set_zero_linger();
            false
        }
        // Says more than was asked, all of it this caller's.
        2 => {
            bytes.extend_from_slice((head + &body).as_bytes());
            true
        }
        // The same, later: the system itself holds it back until the next request comes.
        3 => {
            stream.write_all(&bytes).await.ok()?;
            bytes = (head + &body).into_bytes();
            true
        }
        _ => true,
    };
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(1 + dice.up_to(rest.len() - 1));
        stream.write_all(piece).await.ok()?;
        rest = more;
    }
    is_kept.then_some(())
}
