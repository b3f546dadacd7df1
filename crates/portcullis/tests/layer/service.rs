//! Around services that are not always ready, that count their calls, and that may be dropped.

use crate::fixture::{CALL, Whole, post, protected, token};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use std::{
    convert::Infallible,
    future::{Future, pending},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};
use tower::{Layer as _, Service, ServiceExt, limit::ConcurrencyLimitLayer};

async fn ready<S: Service<Request<Whole>>>(service: &mut S) -> Result<&mut S, S::Error> {
    ServiceExt::<Request<Whole>>::ready(service).await
}

/// Refuses to be called without having said that it is ready, as tower's contract allows it to.
#[derive(Default)]
struct Strict {
    is_ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { is_ready: false, calls: self.calls.clone() }
    }
}

impl Service<Request<Whole>> for Strict {
    type Response = Response<Whole>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Whole>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "it was not asked whether it is ready");
        self.calls.fetch_add(1, SeqCst);
        Box::pin(async { Ok(Response::new(Full::new(Bytes::from("here")))) })
    }
}

/// The one that was polled is the one that is called, and a refused request calls nobody.
#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    let inner = Strict::default();
    let calls = inner.calls.clone();
    let mut service = protected().layer().layer(inner);
    for _ in 0..3 {
        let answer =
            ready(&mut service).await.unwrap().call(post::<Whole>(&token("user-1"), CALL)).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let refused = ready(&mut service).await.unwrap().call(post::<Whole>("forged", CALL)).await.unwrap();
    assert_eq!((refused.status().as_u16(), calls.load(SeqCst)), (401, 3));
}

/// A place that was taken by asking is used or given back; a layer that polls one clone and calls another panics here.
#[tokio::test]
async fn one_place_serves_many_requests() {
    let inner = ConcurrencyLimitLayer::new(1).layer(Strict::default());
    let mut service = protected().layer().layer(inner);
    for expected in [200, 401, 200, 401, 200] {
        let token = if expected == 200 { token("user-1") } else { "forged".to_owned() };
        let answer = ready(&mut service).await.unwrap().call(post::<Whole>(&token, CALL)).await.unwrap();
        assert_eq!(answer.status(), expected);
    }
    let mut clone = service.clone();
    let both = async {
        let one = ready(&mut service).await.unwrap().call(post::<Whole>(&token("user-1"), CALL));
        let two =
            async { ready(&mut clone).await.unwrap().call(post::<Whole>(&token("user-2"), CALL)).await };
        tokio::join!(one, two)
    };
    let (one, two) = both.await;
    assert!(one.is_ok() && two.is_ok());
}

/// An error of the inner service is its own, and is not hidden.
#[tokio::test]
async fn a_service_that_cannot_be_ready_says_so() {
    #[derive(Clone)]
    struct Broken;
    impl Service<Request<Whole>> for Broken {
        type Response = Response<Whole>;
        type Error = &'static str;
        type Future = std::future::Ready<Result<Self::Response, Self::Error>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Err("broken"))
        }
        fn call(&mut self, _: Request<Whole>) -> Self::Future {
            unreachable!("it never was ready")
        }
    }
    let mut service = protected().layer().layer(Broken);
    assert_eq!(ready(&mut service).await.map(|_| ()), Err("broken"));
}

/// TM-12: the handler's work ends with the request.
#[tokio::test]
async fn a_request_that_is_dropped_takes_the_call_with_it() {
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let begun = Arc::new(tokio::sync::Notify::new());
    let (count, begin) = (dropped.clone(), begun.clone());
    let inner = tower::service_fn(move |_: Request<Whole>| {
        let (guard, begin) = (Dropped(count.clone()), begin.clone());
        async move {
            begin.notify_one();
            pending::<()>().await;
            drop(guard);
            Ok::<_, Infallible>(Response::new(Whole::default()))
        }
    });
    let call = tokio::spawn(protected().layer().layer(inner).oneshot(post::<Whole>(&token("user-1"), CALL)));
    begun.notified().await;
    call.abort();
    assert!(call.await.is_err());
    assert_eq!(dropped.load(SeqCst), 1);
}
