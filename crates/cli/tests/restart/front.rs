//! A balancer as they are: round robin over the replicas that say they are ready, connections kept and used again. It goes
//! to the next replica only where nothing was sent: a request that may have been read is never sent twice.

use crate::replica::Replica;
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{StatusCode, Uri, header::CONNECTION, uri::PathAndQuery},
    response::{IntoResponse as _, Response},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::interval};

/// What the last probe of a replica said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Ready,
    NotReady,
    Refuses,
}

struct Backend {
    authority: String,
    health: watch::Sender<Health>,
    served: AtomicUsize,
}

/// A running balancer.
pub(crate) struct Front {
    backends: Arc<[Backend]>,
    _tasks: JoinSet<()>,
}

impl Front {
    /// In front of these.
    pub(crate) fn start(listener: TcpListener, replicas: &[Replica]) -> Self {
        let backends: Arc<[Backend]> = replicas
            .iter()
            .map(|replica| Backend {
                authority: replica.authority(),
                health: watch::Sender::new(Health::Refuses),
                served: AtomicUsize::new(0),
            })
            .collect();
        let mut tasks = JoinSet::new();
        for number in 0..backends.len() {
            tasks.spawn(probe(backends.clone(), number));
        }
        let balancer = Arc::new(Balancer {
            backends: backends.clone(),
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
            next: AtomicUsize::new(0),
        });
        let app = Router::new().fallback(move |request| {
            let balancer = balancer.clone();
            async move { balancer.pass(request).await }
        });
        tasks.spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self { backends, _tasks: tasks }
    }

    /// Waits until a probe of this replica says so.
    pub(crate) async fn sees(&self, replica: usize, health: Health) {
        let mut seen = self.backends[replica].health.subscribe();
        seen.wait_for(|it| *it == health).await.unwrap();
    }

    /// How many requests this replica has answered since this was asked last.
    pub(crate) fn served(&self, replica: usize) -> usize {
        self.backends[replica].served.swap(0, SeqCst)
    }
}

struct Balancer {
    backends: Arc<[Backend]>,
    client: Client<HttpConnector, Body>,
    next: AtomicUsize,
}

impl Balancer {
    async fn pass(&self, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let first = self.next.fetch_add(1, SeqCst);
        for number in 0..self.backends.len() {
            let backend = &self.backends[(first + number) % self.backends.len()];
            if *backend.health.borrow() != Health::Ready {
                continue;
            }
            let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
            let mut head = head.clone();
            head.uri = format!("http://{}{path}", backend.authority).parse::<Uri>().unwrap();
            match self.client.request(Request::from_parts(head, Body::from(body.clone()))).await {
                Ok(mut answer) => {
                    backend.served.fetch_add(1, SeqCst);
                    answer.headers_mut().remove(CONNECTION); // of the other hop
                    return answer.map(Body::new);
                }
                Err(error) if error.is_connect() => {}
                Err(error) => {
                    return (StatusCode::BAD_GATEWAY, format!("lost at {}: {error:?}", backend.authority))
                        .into_response();
                }
            }
        }
        (StatusCode::SERVICE_UNAVAILABLE, "no replica is ready").into_response()
    }
}

/// Asks for ever, over a new connection each time, as often as the fastest of balancers.
async fn probe(backends: Arc<[Backend]>, number: usize) {
    let backend = &backends[number];
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let mut next = interval(Duration::from_millis(20));
    loop {
        next.tick().await;
        let health = match client.get(format!("http://{}/ready", backend.authority)).send().await {
            Ok(answer) if answer.status() == 200 => Health::Ready,
            Ok(_) => Health::NotReady,
            Err(_) => Health::Refuses,
        };
        backend.health.send_if_modified(|it| std::mem::replace(it, health) != health);
    }
}
