//! `bench/run compare`: what is measured, against which floor, and with which aim.

use crate::{
    calls::{self, ISSUER, body, configuration, token, with},
    case::{Case, measure},
    machine,
    peers::Peer,
};
use bytes::Bytes;
use portcullis_testing::TestKey;
use std::io::Write as _;

/// What the bodies of the large case have inside.
const LARGE: usize = 64 * 1024;

/// What every answered request is compared with: hyper on both sides, and nothing in between.
const PROXY: &str = "a bare proxy, one token";
const PROXY_DISTINCT: &str = "a bare proxy, every token once";

/// A token whose signature differs in one character, well before its end.
fn forge(mut token: String) -> String {
    let place = token.len() - 100;
    let other = if &token[place..=place] == "A" { "B" } else { "A" };
    token.replace_range(place..=place, other);
    token
}

/// Measures every case `rounds` times, in turns.
pub async fn run(gateway: &str, rounds: usize, requests: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let key = TestKey::rsa();
    let keys = calls::keys(&key).await;
    let upstream = Peer::role(&["upstream", "json"])?;
    let events = Peer::role(&["upstream", "events"])?;
    let at = |peer: &Peer| format!("http://{}/mcp", peer.address);
    let proxy = Peer::role(&["proxy", &at(&upstream)])?;
    let events_proxy = Peer::role(&["proxy", &at(&events)])?;
    let globs =
        (0..1000).map(|number| format!("\"tool_{number}_*\" = [\"scope:{number}\"]\n")).collect::<String>();
    let protect = |to: &Peer, rules: &str| {
        Peer::gateway(gateway, folder.path(), &configuration(&at(to), &keys.url(), rules))
    };
    let rule = "greet_user = [\"todo:read\"]";
    let one = protect(&upstream, rule)?;
    let many = protect(&upstream, &format!("\"greet_*\" = [\"todo:read\"]\n{globs}"))?;
    let streaming = protect(&events, rule)?;
    let haproxy = Peer::haproxy(folder.path(), &haproxy_configuration(folder.path(), &key, &upstream)?)?;

    let (small, large) = (body(16), body(LARGE));
    let mint = |peer: &Peer, number: usize| token(&at(peer), number).sign(&key);
    let nobody = |peer: &Peer| with(peer, vec![], small.clone());
    let saying = |peer: &Peer, body: &Bytes| with(peer, vec![mint(peer, 0)], body.clone());
    let repeated = |peer: &Peer| saying(peer, &small);
    eprintln!("minting {} tokens a peer", rounds * requests);
    let distinct = |peer: &Peer| {
        with(peer, (0..rounds * requests).map(|number| mint(peer, number + 1)).collect(), small.clone())
    };
    let forged = |peer: &Peer| with(peer, vec![forge(mint(peer, 0))], small.clone());

    let mut cases = vec![
        Case::of("the server alone", &upstream, repeated(&upstream)),
        Case::of(PROXY, &proxy, repeated(&proxy)),
        Case::of(PROXY_DISTINCT, &proxy, distinct(&proxy)),
        Case::of("one token, repeated", &one, repeated(&one))
            .beside(PROXY)
            .aim(1.25)
            .and("HAProxy, one token"),
        Case::of("every token once", &one, distinct(&one))
            .beside(PROXY_DISTINCT)
            .aim(2.2)
            .and("HAProxy, every token once"),
        Case::of("no token", &one, nobody(&one)).refused().beside(PROXY).aim(1.0).and("HAProxy, no token"),
        Case::of("a forged signature", &one, forged(&one))
            .refused()
            .beside("every token once")
            .aim(1.0)
            .and("HAProxy, a forged signature"),
        Case::of("1,000 rules with globs", &many, repeated(&many)).beside(PROXY).aim(1.25),
        Case::of("a bare proxy, 64 KiB", &proxy, saying(&proxy, &large)),
        Case::of("64 KiB", &one, saying(&one, &large)).beside("a bare proxy, 64 KiB"),
        Case::of("a bare proxy, events", &events_proxy, repeated(&events_proxy)),
        Case::of("events", &streaming, repeated(&streaming)).beside("a bare proxy, events"),
    ];
    match &haproxy {
        Some(haproxy) => cases.extend([
            Case::of("HAProxy, one token", haproxy, repeated(haproxy)),
            Case::of("HAProxy, every token once", haproxy, distinct(haproxy)),
            Case::of("HAProxy, no token", haproxy, nobody(haproxy)).refused(),
            Case::of("HAProxy, a forged signature", haproxy, forged(haproxy)).refused(),
        ]),
        None => eprintln!("there is no HAProxy here: that peer is left out"),
    }
    measure(cases, rounds, requests).await?;
    let mut out = std::io::stdout();
    Ok(writeln!(out, "\nThe gateway held {:.1} MiB in the end.", machine::memory(one.id())?.resident)?)
}

/// HAProxy's own checks: algorithm, issuer, audience, expiry, signature.
fn haproxy_configuration(folder: &std::path::Path, key: &TestKey, upstream: &Peer) -> anyhow::Result<String> {
    let pem = folder.join("key.pem");
    std::fs::write(&pem, crate::pem::public_key(&key.jwk("key-1"))?)?;
    Ok(format!(
        r#"
global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend mcp
    bind {{address}}
    http-request deny deny_status 401 unless {{ http_auth_bearer -m found }}
    http-request set-var(txn.bearer) http_auth_bearer
    http-request set-var(txn.alg) http_auth_bearer,jwt_header_query('$.alg')
    http-request set-var(txn.iss) http_auth_bearer,jwt_payload_query('$.iss')
    http-request set-var(txn.aud) http_auth_bearer,jwt_payload_query('$.aud')
    http-request set-var(txn.exp) http_auth_bearer,jwt_payload_query('$.exp','int')
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str RS256 }}
    http-request deny deny_status 401 unless {{ var(txn.iss) -m str {ISSUER} }}
    http-request deny deny_status 401 unless {{ var(txn.aud) -m str http://{{address}}/mcp }}
    http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) lt 0 }}
    http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,"{pem}") 1 }}
    default_backend server
backend server
    server one {upstream}
"#,
        pem = pem.display(),
        upstream = upstream.address,
    ))
}
