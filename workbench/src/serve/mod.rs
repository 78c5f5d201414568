//! The store, shown to a browser: a list of the runs, and their files.
//!
//! It answers GET and HEAD, one request a connection, each in a thread of its own. It reads nothing
//! outside of the store, whatever the path or the links say, writes nothing, and on a loopback
//! address answers nobody who calls it by another name: so no page of another site can have a
//! browser read it.

mod compare;
mod files;
mod http;
mod latencies;
mod query;
mod run;
mod runs;
mod style;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use self::files::Found;
use self::http::{Body, Request, Response, Status};

/// So many requests are answered at a time; more are turned away.
const AT_A_TIME: usize = 64;

/// Errors of accepting a connection, such as too many open files, pass with time.
const PAUSE: Duration = Duration::from_millis(50);

/// Listens for browsers.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    store: Arc<PathBuf>,
}

impl Server {
    /// One for the runs in a folder, which need not be there yet.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on; with the address in the text.
    pub fn bind(address: SocketAddr, store: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind(address).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
        })?;
        Ok(Self { listener, store: Arc::new(store.to_owned()) })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// What the operating system reports.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers for ever.
    pub fn run(self) {
        let busy = Arc::new(AtomicUsize::new(0));
        loop {
            let Ok((stream, _)) = self.listener.accept() else {
                thread::sleep(PAUSE);
                continue;
            };
            let (store, mine) = (Arc::clone(&self.store), Arc::clone(&busy));
            if busy.fetch_add(1, Ordering::Relaxed) >= AT_A_TIME {
                busy.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let started = thread::Builder::new().spawn(move || {
                // Who does not listen to the answer has none.
                let _ = serve(&stream, &store);
                mine.fetch_sub(1, Ordering::Relaxed);
            });
            if started.is_err() {
                busy.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

fn serve(stream: &TcpStream, store: &Path) -> io::Result<()> {
    let local = stream.local_addr()?.ip();
    let (response, head_only) = match Request::read(stream)? {
        Ok(request) if local.is_loopback() && !request.is_for_this_machine() => {
            (Response::text(Status::Misdirected, "call it 127.0.0.1 or localhost\n"), false)
        }
        Ok(request) => (answer(&request, store), request.head_only),
        Err(status) => (Response::text(status, status.reason()), false),
    };
    response.write(stream, head_only)
}

/// What is at a path. Nothing that goes wrong is told in detail: it is not there.
fn answer(request: &Request, store: &Path) -> Response {
    let missing = || Response::text(Status::NotFound, "there is nothing\n");
    if request.path == "/" {
        return Response::html(runs::page(store, &request.query));
    }
    if request.path == "/compare" {
        let pick = || Response::text(Status::NotFound, "choose two of the runs\n");
        return compare::page(store, &request.query).map_or_else(pick, Response::with_pictures);
    }
    match files::find(store, &request.path) {
        Some(Found::File(path)) => match Body::file(&path) {
            Ok(body) => Response::file(&path, body),
            Err(_) => missing(),
        },
        Some(Found::Folder(_)) if !request.path.ends_with('/') => {
            Response::moved(&format!("{}/", files::encoded(&request.path)))
        }
        Some(Found::Folder(path)) => {
            files::listing(&request.path, &path).map_or_else(|_| missing(), Response::html)
        }
        None => missing(),
    }
}

#[cfg(test)]
mod tests;
