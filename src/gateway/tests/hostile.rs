//! Bodies that mean harm: each is answered with a problem, and no system is called.

use proptest::prelude::*;

use super::bench::Bench;
use crate::http::Method;

#[tokio::test]
async fn a_corpus_of_hostile_bodies() {
    let bench = Bench::new();
    let deep = format!("{}{}", "[".repeat(2000), "]".repeat(2000));
    let deep_in_bounds = format!(r#"{{"number":1,"lines":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    let large = format!(r#"{{"number":1,"lines":[],"x":"{}"}}"#, "x".repeat(5000));
    let corpus: Vec<(&str, Vec<u8>, u16)> = vec![
        ("empty", vec![], 400),
        ("space", b"   ".to_vec(), 400),
        ("truncated", br#"{"number": 1, "lines": ["#.to_vec(), 400),
        ("two documents", br#"{"number":1,"lines":[]} {}"#.to_vec(), 400),
        ("duplicate keys", br#"{"number":1,"number":2,"lines":[]}"#.to_vec(), 400),
        ("invalid UTF-8", b"{\"number\":1,\"lines\":[],\"x\":\"\xff\xfe\"}".to_vec(), 400),
        ("lone surrogate", br#"{"number":1,"lines":[],"x":"\ud800"}"#.to_vec(), 400),
        ("NaN", br#"{"number":NaN,"lines":[]}"#.to_vec(), 400),
        ("leading zero", br#"{"number":01,"lines":[]}"#.to_vec(), 400),
        ("a zero byte", b"{\"number\":1,\"lines\":[]}\0".to_vec(), 400),
        ("deep", deep.into_bytes(), 400),
        ("deeper than allowed", deep_in_bounds.into_bytes(), 400),
        ("too large", large.into_bytes(), 413),
        ("keys that are duplicates once read", br#"{"number":1,"\u006eumber":2,"lines":[]}"#.to_vec(), 400),
        ("duplicate keys far inside", br#"{"number":1,"lines":[{"sku":"a","sku":"b"}]}"#.to_vec(), 400),
        ("surrogates the wrong way round", br#"{"number":1,"lines":[],"x":"\udc00\ud800"}"#.to_vec(), 400),
        ("half a pair of surrogates", br#"{"number":1,"lines":[],"x":"\ud800\u0041"}"#.to_vec(), 400),
        ("a surrogate as bytes", b"{\"number\":1,\"lines\":[],\"x\":\"\xed\xa0\x80\"}".to_vec(), 400),
        ("overlong UTF-8", b"{\"number\":1,\"lines\":[],\"x\":\"\xc0\x80\"}".to_vec(), 400),
        ("beyond Unicode", b"{\"number\":1,\"lines\":[],\"x\":\"\xf4\x90\x80\x80\"}".to_vec(), 400),
        ("a cut escape", br#"{"number":1,"lines":[],"x":"\u00"}"#.to_vec(), 400),
        ("an unknown escape", br#"{"number":1,"lines":[],"x":"\x41"}"#.to_vec(), 400),
        ("a line break in a text", b"{\"number\":1,\"lines\":[],\"x\":\"a\nb\"}".to_vec(), 400),
        ("a comma too many", br#"{"number":1,"lines":[],}"#.to_vec(), 400),
        ("a comment", br#"{"number":1,/* */"lines":[]}"#.to_vec(), 400),
        ("single quotes", b"{'number':1,'lines':[]}".to_vec(), 400),
        ("infinity", br#"{"number":-Infinity,"lines":[]}"#.to_vec(), 400),
        ("hexadecimal", br#"{"number":0x1,"lines":[]}"#.to_vec(), 400),
        ("a plus", br#"{"number":+1,"lines":[]}"#.to_vec(), 400),
        ("a point without digits", br#"{"number":1.,"lines":[]}"#.to_vec(), 400),
        (
            "deep objects",
            format!(r#"{{"number":1,"lines":[],"x":{}1{}}}"#, r#"{"a":"#.repeat(600), "}".repeat(600))
                .into_bytes(),
            400,
        ),
        ("openings only", "[".repeat(4000).into_bytes(), 400),
        ("UTF-16", "{\"number\":1,\"lines\":[]}".encode_utf16().flat_map(u16::to_le_bytes).collect(), 400),
        ("another kind", b"null".to_vec(), 422),
        ("an array", b"[]".to_vec(), 422),
    ];
    for (name, body, status) in corpus {
        let answered = bench.post("/v1/orders", body).await;
        assert_eq!(answered.status(), status, "{name}");
        answered.problem();
    }
    assert_eq!(bench.calls(), 0);
}

#[tokio::test]
async fn bodies_where_none_is_taken_and_encodings_that_are_not() {
    let bench = Bench::new();
    let key = ("x-api-key", "good-key");
    let answered = bench.send(Method::GET, "/v1/orders/1", &[key, ("content-length", "2")], "{}").await;
    assert_eq!(answered.status(), 415);
    let json = ("content-type", "application/json");
    let announced =
        bench.send(Method::POST, "/v1/orders", &[key, json, ("content-length", "99999999")], "{}").await;
    assert_eq!(announced.status(), 413);
    let zipped = bench.send(Method::POST, "/v1/orders", &[key, json, ("content-encoding", "br")], "{}").await;
    assert_eq!(zipped.status(), 415);
    let broken =
        bench.send(Method::POST, "/v1/orders", &[key, json, ("content-encoding", "gzip")], "not gzip").await;
    assert_eq!(broken.status(), 400);
    assert_eq!(bench.calls(), 0);
}

#[tokio::test]
async fn numbers_that_would_fill_the_memory() {
    let bench = Bench::new();
    for number in
        ["1e999999999", "-1e999999999", "1e-999999999", "1E+9223372036854775808", "1e99999999999999999999"]
    {
        let began = std::time::Instant::now();
        let answered = bench.post("/v1/orders", format!(r#"{{"number":{number},"lines":[]}}"#)).await;
        assert!([200, 400, 422].contains(&answered.status()), "{number}: {}", answered.status());
        assert!(answered.0.body.len() < 4096 && began.elapsed().as_millis() < 500, "{number}");
    }
    let long = format!(r#"{{"number":{},"lines":[]}}"#, "9".repeat(3900));
    let answered = bench.post("/v1/orders", long.clone()).await;
    assert!(
        answered.status() != 200 || answered.0.body == long,
        "a number goes through unchanged or not at all"
    );
}

#[tokio::test]
async fn paths_that_want_to_be_others() {
    let bench = Bench::new();
    for (target, status) in [
        ("/v1/orders/%2e%2e", 404),
        ("/v1/orders/%2E%2e", 404),
        ("/v1/orders/..", 404),
        ("/v1/orders/.", 404),
        ("/v1/./open", 404),
        ("/v1/x/../open", 404),
        ("/v1/x/%2e%2e/open", 404),
        ("//v1/open", 404),
        ("/v1//open", 404),
        ("/v1/open/", 404),
        ("/V1/open", 404),
        ("/v1/open;a=b", 404),
        ("/v1%2fopen", 404),
        ("/v1%5copen", 404),
        ("/v1/open%00", 404),
        ("/v1/open%20", 404),
        ("/v1/orders/1%00", 400),
        ("/v1/orders/%0d%0aset-cookie:%20a=b", 400),
        ("/v1/orders/%c0%ae%c0%ae", 400),
        ("/v1/orders/%ff", 400),
        ("/v1/orders/%u002e", 400),
        ("/v1/orders/%", 400),
        ("/v1/orders/%2", 400),
        ("/v1/orders/..%2fopen", 422),
        ("/v1/orders/1%2f2", 422),
        ("/v1/orders/%252e%252e", 422),
        ("/v1/orders/1;drop", 422),
        ("/v1/orders/1e999999999", 422),
        ("/v1/orders/1?page=%00", 422),
        ("/v1/orders/1?page=%zz", 422),
        ("/v1/orders/1?page=1&page=2", 422),
        ("/v1/orders/1?page=1&%70age=2", 422),
        ("/v1/orders/1?page[]=1", 422),
        ("/v1/orders/1?__proto__=1", 422),
        // The same path, written otherwise (RFC 3986 §6.2.2.2).
        ("/v1/%6fpen", 200),
        ("http://evil.example/v1/open", 200),
    ] {
        let answered = bench.get(target).await;
        assert_eq!(answered.status(), status, "{target}");
        assert_eq!(answered.header("set-cookie"), "", "{target}");
    }
    let many = format!("/v1/orders/1?{}", "a=1&".repeat(9000));
    let answered = bench.get(&many).await;
    assert_eq!(answered.status(), 422);
    assert!(answered.0.body.len() < 64 << 10, "{}", answered.0.body.len());
    for method in [Method::CONNECT, Method::TRACE, Method::from_bytes(b"PROPFIND").unwrap()] {
        assert_eq!(bench.send(method, "/v1/open", &[], "").await.status(), 405);
    }
    assert_eq!(bench.send(Method::CONNECT, "evil.example:443", &[], "").await.status(), 404);
    assert_eq!(bench.send(Method::GET, "*", &[], "").await.status(), 404);
}

#[tokio::test]
async fn what_a_caller_calls_itself_goes_nowhere() {
    let bench = Bench::new();
    let (long, key) = ("x".repeat(129), ("x-api-key", "good-key"));
    for id in ["a b", "", "caf\u{e9}", long.as_str()] {
        let answered = bench.send(Method::GET, "/v1/open", &[("x-correlation-id", id)], "").await;
        assert_eq!(answered.header("x-correlation-id").len(), 32, "{id:?}");
    }
    // A key elsewhere than in its header is none.
    for (name, value) in
        [("authorization", "ApiKey good-key"), ("cookie", "x-api-key=good-key"), ("x_api_key", "good-key")]
    {
        assert_eq!(bench.send(Method::GET, "/v1/orders/1", &[(name, value)], "").await.status(), 401);
    }
    assert_eq!(bench.get("/v1/orders/1?x-api-key=good-key").await.status(), 422);
    // Whom a proxy says it speaks for does not make a guesser somebody else.
    for guess in 0..6 {
        let from = format!("10.9.9.{guess}");
        let headers =
            [("x-api-key", "guess"), ("x-forwarded-for", from.as_str()), ("forwarded", "for=1.1.1.1")];
        bench.send(Method::GET, "/v1/orders/1", &headers, "").await;
    }
    let guess = ("x-api-key", "another guess");
    assert_eq!(bench.send(Method::GET, "/v1/orders/1", &[guess], "").await.status(), 429);
    assert_eq!(bench.send(Method::GET, "/v1/orders/1", &[key], "").await.status(), 200);
}

#[tokio::test]
async fn charsets_that_hide_a_body() {
    let bench = Bench::new();
    let as_type = |media_type: &'static str| [("x-api-key", "good-key"), ("content-type", media_type)];
    let good = r#"{"number":1,"lines":[]}"#;
    for refused in [
        "application/json; charset=utf-7",
        "application/json; charset=replacement",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json, text/html",
        "multipart/form-data; boundary=x",
    ] {
        let answered = bench.send(Method::POST, "/v1/orders", &as_type(refused), good).await;
        assert_eq!(answered.status(), 415, "{refused}");
    }
    let twice =
        [("x-api-key", "good-key"), ("content-type", "application/json"), ("content-type", "text/html")];
    assert_eq!(bench.send(Method::POST, "/v1/orders", &twice, good).await.status(), 415);
    assert_eq!(bench.calls(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_target_and_body_are_answered(path in "/[ -~]{0,40}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let Ok(target) = path.parse::<crate::http::Uri>() else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(async {
            let bench = Bench::new();
            let one = bench.post(&target.to_string(), body.clone()).await.status();
            let two = bench.post("/v1/orders", body).await.status();
            (one, two)
        });
        prop_assert!((400..500).contains(&status.0), "{:?} for {target}", status);
        prop_assert!((400..500).contains(&status.1));
    }
}

#[tokio::test]
async fn other_charsets_are_longer_in_ours() {
    let bench = Bench::new();
    let body = b"{\"number\":1,\"lines\":[{\"sku\":\"Zo\xeb \xfc\xe4\xf6\"}]}".to_vec();
    let headers = [("x-api-key", "good-key"), ("content-type", "application/json; charset=iso-8859-1")];
    assert_eq!(bench.send(Method::POST, "/v1/orders", &headers, body).await.status(), 200);
}

#[tokio::test]
async fn a_body_that_grows_too_much_is_told_so() {
    use std::io::Write;
    let mut small = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    small.write_all(&[b' '; 100_000]).unwrap();
    let headers =
        [("x-api-key", "good-key"), ("content-type", "application/json"), ("content-encoding", "gzip")];
    let bench = Bench::new();
    let answered = bench.send(Method::POST, "/v1/kinds", &headers, small.finish().unwrap()).await;
    assert_eq!((answered.status(), answered.problem().as_str()), (413, "body-too-large"));
    assert!(answered.json()["detail"].as_str().unwrap().contains("200 times larger"));
}
