//! As much of HTTP/1.1 as that takes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use super::files::decoded;
use super::query::Query;

/// A request's head is no longer than this.
const HEAD: usize = 8 << 10;

/// A request has so long to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of what cannot be written for so long nobody waits any more.
const WRITE: Duration = Duration::from_secs(30);

/// What a browser asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Whether it wants no content.
    pub(super) head_only: bool,
    /// The path, decoded.
    pub(super) path: String,
    /// What it asks for besides.
    pub(super) query: Query,
    host: Option<String>,
}

impl Request {
    /// Reads one, or says why it is none.
    pub(super) fn read(mut stream: &TcpStream) -> io::Result<Result<Self, Status>> {
        stream.set_write_timeout(Some(WRITE))?;
        let deadline = Instant::now() + PATIENCE;
        let mut head = Vec::new();
        let mut chunk = [0; 1024];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || head.len() >= HEAD {
                return Ok(Err(Status::BadRequest));
            }
            stream.set_read_timeout(Some(left))?;
            match stream.read(&mut chunk)? {
                0 => return Ok(Err(Status::BadRequest)),
                length => head.extend_from_slice(&chunk[..length]),
            }
        }
        Ok(Self::parse(&head))
    }

    fn parse(head: &[u8]) -> Result<Self, Status> {
        let text = std::str::from_utf8(head).map_err(|_| Status::BadRequest)?;
        let mut lines = text.split("\r\n");
        let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let [method, target, version] = words[..] else { return Err(Status::BadRequest) };
        if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
            return Err(Status::BadRequest);
        }
        let head_only = match method {
            "GET" => false,
            "HEAD" => true,
            _ => return Err(Status::MethodNotAllowed),
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let host = lines.filter_map(|line| line.split_once(':'));
        let mut host = host.filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        Ok(Self {
            head_only,
            path: decoded(path).ok_or(Status::BadRequest)?,
            query: Query::parse(query),
            host: host.next().map(|(_, host)| host.trim().to_owned()),
        })
    }

    /// Whether it calls the server by a name that only this machine has.
    pub(super) fn is_for_this_machine(&self) -> bool {
        let Some(host) = &self.host else { return true };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let is_loopback = |ip: std::net::IpAddr| ip.is_loopback();
        name.eq_ignore_ascii_case("localhost")
            || name.trim_matches(['[', ']']).parse().is_ok_and(is_loopback)
    }
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    Moved,
    BadRequest,
    NotFound,
    MethodNotAllowed,
    Misdirected,
}

impl Status {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::Moved => "301 Moved Permanently",
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::Misdirected => "421 Misdirected Request",
        }
    }
}

/// What is sent.
pub(super) enum Body {
    Text(String),
    /// A file, and how long it was when it was opened.
    File(File, u64),
}

impl Body {
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self::File(file, length))
    }
}

/// An answer.
pub(super) struct Response {
    status: Status,
    content_type: &'static str,
    /// Whether its scripts may run.
    trusted: bool,
    /// Whether it shows pictures of the store.
    pictures: bool,
    location: Option<String>,
    body: Body,
}

impl Response {
    fn new(status: Status, content_type: &'static str, body: Body) -> Self {
        Self { status, content_type, trusted: false, pictures: false, location: None, body }
    }

    pub(super) fn text(status: Status, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", Body::Text(text.to_owned()))
    }

    pub(super) fn html(html: String) -> Self {
        Self::new(Status::Ok, "text/html; charset=utf-8", Body::Text(html))
    }

    /// A page that shows pictures of this server's.
    pub(super) fn with_pictures(html: String) -> Self {
        Self { pictures: true, ..Self::html(html) }
    }

    pub(super) fn moved(location: &str) -> Self {
        let moved = Self::text(Status::Moved, "");
        Self { location: Some(location.to_owned()), ..moved }
    }

    pub(super) fn file(path: &Path, body: Body) -> Self {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // The report has a policy of its own, which lets its own script run and no other.
        let trusted = name == crate::report::REPORT;
        Self { trusted, ..Self::new(Status::Ok, content_type(name), body) }
    }

    pub(super) fn write(self, mut stream: &TcpStream, head_only: bool) -> io::Result<()> {
        let length = match &self.body {
            Body::Text(text) => text.len() as u64,
            Body::File(_, length) => *length,
        };
        let mut head = format!(
            "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {length}\r\nConnection: close\r\n\
             Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n\
             Referrer-Policy: no-referrer\r\n",
            self.status.reason(),
            self.content_type
        );
        if !self.trusted {
            let pictures = if self.pictures { "; img-src 'self'" } else { "" };
            head += &format!(
                "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'{pictures}\r\n"
            );
        }
        if self.status == Status::MethodNotAllowed {
            head += "Allow: GET, HEAD\r\n";
        }
        if let Some(location) = &self.location {
            head += &format!("Location: {location}\r\n");
        }
        stream.write_all((head + "\r\n").as_bytes())?;
        if !head_only {
            match self.body {
                Body::Text(text) => stream.write_all(text.as_bytes())?,
                // One that grows meanwhile is cut off where it ended.
                Body::File(file, length) => {
                    io::copy(&mut file.take(length), &mut stream)?;
                }
            }
        }
        stream.flush()
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "jsonl" | "log" | "txt" | "edn" => "text/plain; charset=utf-8",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<Request, Status> {
        Request::parse(head.as_bytes())
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for (head, status) in [
            ("", Status::BadRequest),
            ("GET /\r\n\r\n", Status::BadRequest),
            ("GET / SPDY/3\r\n\r\n", Status::BadRequest),
            ("GET http://x/ HTTP/1.1\r\n\r\n", Status::BadRequest),
            ("GET /%2 HTTP/1.1\r\n\r\n", Status::BadRequest),
            ("GET /%00 HTTP/1.1\r\n\r\n", Status::BadRequest),
            ("GET /%ff HTTP/1.1\r\n\r\n", Status::BadRequest),
            ("POST / HTTP/1.1\r\n\r\n", Status::MethodNotAllowed),
        ] {
            assert_eq!(parse(head), Err(status), "{head}");
        }
        assert_eq!(Request::parse(b"GET /\xff HTTP/1.1\r\n\r\n"), Err(Status::BadRequest));
        let request = parse("HEAD /a%20b?x=1&page=3 HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        assert_eq!(
            (request.head_only, &*request.path, request.query.get("page")),
            (true, "/a b", Some("3"))
        );
    }

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for (host, own) in [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("127.0.0.1:1", true),
            ("[::1]:80", true),
            ("127.0.0.1.evil.example", false),
            ("evil.example:8080", false),
            ("localhost.evil.example", false),
            ("192.168.0.1", false),
        ] {
            let request = parse(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).unwrap();
            assert_eq!(request.is_for_this_machine(), own, "{host}");
        }
    }
}
