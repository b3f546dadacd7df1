//! Routing headers: no bytes panic, and a call is admitted only under headers that name it.
#![no_main]

use http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use portcullis_mcp::{check_media_type, read};

const BODY: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;

fuzz_target!(|input: (&[u8], &[u8], &[u8], &[u8])| {
    let (media_type, method, name, other) = input;
    let mut headers = HeaderMap::new();
    headers.insert("mcp-protocol-version", HeaderValue::from_static("2026-07-28"));
    for (key, value) in [("mcp-method", method), ("mcp-name", name), ("mcp-param-x", other)] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(key, value);
        }
    }
    if let Ok(value) = HeaderValue::from_bytes(media_type) {
        headers.append(header::CONTENT_TYPE, value);
    }
    if check_media_type(&headers).is_ok() {
        let text = String::from_utf8_lossy(media_type).trim().to_ascii_lowercase();
        assert!(text.starts_with("application/json"), "{text}");
        // Without quotes there is one way to split it. (Whatever it was, the upstream gets a type that we write.)
        let parts = if text.contains('"') { "" } else { &text };
        let named = parts.split(';').filter_map(|part| part.split_once('='));
        for (_, value) in named.filter(|(name, _)| name.trim() == "charset") {
            assert_eq!(value.trim(), "utf-8", "{text}");
        }
    }
    if read(&headers, BODY).is_ok() {
        assert_eq!(method.trim_ascii(), b"tools/call");
        assert!(name.trim_ascii() == b"safe" || name.trim_ascii().starts_with(b"=?base64?"));
    }
});
