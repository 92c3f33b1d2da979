//! Connections of the HTTP server: how many there may be, and how long one may be silent.
//!
//! Who comes when all places are taken is let in on one of a few places beside them, is told so (503, with `Retry-After`) and
//! goes. When those are taken too, the system keeps who comes next waiting. A connection on which nothing moves ends, so that
//! whoever stays away does not keep a place.

use super::problem::Problem;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::serve::{IncomingStream, Listener};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// Places beside those that are limited.
const BESIDE: usize = 16;
/// How long a connection on one of them may be silent.
const BESIDE_IDLE: Duration = Duration::from_secs(5);

/// What clients may use of the HTTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// How many connections there may be; who comes later is answered 503.
    pub connections: usize,
    /// How long nothing may move on a connection before it ends.
    pub idle: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { connections: 256, idle: Duration::from_secs(60) }
    }
}

/// See the module.
pub(super) struct Doorway {
    listener: TcpListener,
    places: Arc<Semaphore>,
    beside: Arc<Semaphore>,
    idle: Duration,
}

impl Doorway {
    pub(super) fn new(listener: TcpListener, limits: HttpLimits) -> Self {
        let places = Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
        Self { listener, places, beside: Arc::new(Semaphore::new(BESIDE)), idle: limits.idle }
    }

    /// A place for who came; waits when there is none at all.
    async fn place(&self) -> (Admitted, Option<OwnedSemaphorePermit>) {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return (Admitted::Served, Some(place));
        }
        // Nobody closes it, so that there is a place in time.
        let beside = self.beside.clone().acquire_owned().await.ok();
        match self.places.clone().try_acquire_owned() {
            Ok(place) => (Admitted::Served, Some(place)),
            Err(_) => (Admitted::ToBeTold, beside),
        }
    }
}

impl Listener for Doorway {
    type Io = Visit;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Visit, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // An answer is one small write: held back to be sent with the next one, it would wait for nothing.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps small packets back");
        }
        let (admitted, place) = self.place().await;
        let patience = if admitted == Admitted::Served { self.idle } else { BESIDE_IDLE.min(self.idle) };
        let silent = Box::pin(tokio::time::sleep(patience));
        (Visit { stream, silent, patience, admitted, _place: place }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// As what a connection was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admitted {
    Served,
    /// There was no place for it.
    ToBeTold,
}

impl Connected<IncomingStream<'_, Doorway>> for Admitted {
    fn connect_info(stream: IncomingStream<'_, Doorway>) -> Self {
        stream.io().admitted
    }
}

/// Answers who has a place, and tells the others that they have none.
pub(super) async fn serve_or_tell(
    ConnectInfo(admitted): ConnectInfo<Admitted>,
    request: Request,
    next: Next,
) -> Response {
    const RETRY_AFTER: HeaderName = header::RETRY_AFTER;
    match admitted {
        Admitted::Served => next.run(request).await,
        Admitted::ToBeTold => {
            let detail = "all connections are taken; a retry helps when others have closed theirs ([http] connections)";
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too many connections", detail);
            let mut response = problem.with_header(RETRY_AFTER, "1").into_response();
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

/// One connection with its place.
pub(super) struct Visit {
    stream: TcpStream,
    silent: Pin<Box<Sleep>>,
    patience: Duration,
    admitted: Admitted,
    _place: Option<OwnedSemaphorePermit>,
}

impl Visit {
    /// What a step came to. One that waits waits no longer than the connection may be silent.
    fn watched<T>(&mut self, context: &mut Context<'_>, step: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if step.is_pending() {
            ready!(self.silent.as_mut().poll(context));
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "nothing moved on the connection")));
        }
        let patience = self.patience;
        self.silent.as_mut().reset(Instant::now() + patience);
        step
    }
}

impl AsyncRead for Visit {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.stream).poll_read(context, into);
        self.watched(context, step)
    }
}

impl AsyncWrite for Visit {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let step = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(context, step)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let step = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watched(context, step)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
