//! Clients that each wait for their answer before they ask again.

use std::future::Future;
use std::time::Instant;

/// How often a second so many clients get something done.
pub async fn rate<F: Future<Output = ()> + Send>(
    clients: usize,
    act: impl Fn() -> F + Clone + Send + 'static,
) -> f64 {
    let (begun, round) = (Instant::now(), crate::round());
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let act = act.clone();
            tokio::spawn(async move {
                let mut count = 0u64;
                while begun.elapsed() < round {
                    act().await;
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.expect("a client");
    }
    all as f64 / begun.elapsed().as_secs_f64()
}
