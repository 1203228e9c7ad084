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
