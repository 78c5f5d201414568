use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::names::{SERVICES, checked};

/// The server that is asked where no other is named.
const LOCAL: &str = "nats://127.0.0.1:4222";

/// How a NATS server is found, and what shows it who asks. Secrets come from files or from the environment, so that
/// no list of processes has them: a password from `NATS_PASSWORD`, a token from `NATS_TOKEN`.
#[derive(Args, Clone, Debug, Default)]
pub struct ServerArgs {
    /// The NATS servers, separated by commas; without a value those of `NATS_URL`, or else
    /// `nats://127.0.0.1:4222`
    #[arg(long = "nats", group = "network", value_name = "URL", num_args = 0..=1,
          default_missing_value = "")]
    pub(super) urls: Option<Urls>,

    /// A file with the certificates (PEM) of those who may vouch for a server. With it, nothing is sent without TLS
    #[arg(long = "nats-ca", value_name = "FILE", env = "NATS_CA")]
    ca: Option<PathBuf>,

    /// A file with one's own certificate (PEM), for servers that ask for it
    #[arg(long = "nats-cert", value_name = "FILE", env = "NATS_CERT")]
    cert: Option<PathBuf>,

    /// A file with its private key (PEM)
    #[arg(long = "nats-key", value_name = "FILE", env = "NATS_KEY")]
    key: Option<PathBuf>,

    /// A file with credentials, as NATS's own tools write it
    #[arg(long = "nats-creds", value_name = "FILE", env = "NATS_CREDS")]
    creds: Option<PathBuf>,

    /// The user's name. Its password is in `NATS_PASSWORD`, or in the file of --nats-password-file
    #[arg(long = "nats-user", value_name = "NAME", env = "NATS_USER")]
    user: Option<String>,

    /// A file that has the user's password, and nothing else
    #[arg(long = "nats-password-file", value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// A file that has a token, and nothing else; or it is in `NATS_TOKEN`
    #[arg(long = "nats-token-file", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// URLs of servers as they were given. They may have a password in them, and never show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Urls(String);

impl From<String> for Urls {
    fn from(urls: String) -> Self {
        Self(urls)
    }
}

impl From<&str> for Urls {
    fn from(urls: &str) -> Self {
        Self(urls.to_owned())
    }
}

impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = self.0.split(',').map(|url| split(url).0).collect();
        f.write_str(&shown.join(","))
    }
}

/// A URL without what stands before its `@`, and that.
fn split(url: &str) -> (String, Option<&str>) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("nats", url));
    // A password may have an `@` of its own.
    let authority = rest.find('/').unwrap_or(rest.len());
    match rest[..authority].rfind('@').or_else(|| rest.rfind('@')) {
        Some(at) => (format!("{scheme}://{}", &rest[at + 1..]), Some(&rest[..at])),
        None => (format!("{scheme}://{rest}"), None),
    }
}

/// What shows a server who asks.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    Nobody,
    User { name: String, password: String },
    Token(String),
    Credentials(PathBuf),
}

/// All that is needed for a connection.
pub(super) struct Access {
    /// Without secrets.
    pub(super) urls: Vec<String>,
    pub(super) login: Login,
    pub(super) ca: Option<PathBuf>,
    pub(super) identity: Option<(PathBuf, PathBuf)>,
}

impl ServerArgs {
    /// Asks the servers of `urls`.
    pub fn of(urls: &str) -> Self {
        Self { urls: Some(urls.into()), ..Self::default() }
    }

    /// Whether NATS is asked for at all.
    pub fn is_given(&self) -> bool {
        self.urls.is_some()
    }

    /// Reads what the arguments, the environment and the files say.
    ///
    /// # Errors
    ///
    /// What is missing, or contradicts itself; no secret is in the text.
    pub(super) fn access(&self) -> Result<Access, String> {
        self.access_with(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn access_with(&self, environment: impl Fn(&str) -> Option<String>) -> Result<Access, String> {
        let given = self.urls.as_ref().map(|urls| urls.0.clone()).filter(|urls| !urls.is_empty());
        let is_shown = given.is_some();
        let urls = given.or_else(|| environment("NATS_URL")).unwrap_or_else(|| LOCAL.to_owned());
        let mut bare = Vec::new();
        let mut logins = Vec::new();
        for url in urls.split(',').map(str::trim).filter(|url| !url.is_empty()) {
            let (url, login) = split(url);
            bare.push(url);
            if let Some(login) = login.map(of_url)
                && !logins.contains(&login)
            {
                logins.push(login);
            }
        }
        if is_shown && !logins.is_empty() {
            tracing::warn!("a secret on the command line is seen in every list of processes");
        }
        let password = match &self.password_file {
            Some(path) => Some(secret(path)?),
            None => environment("NATS_PASSWORD"),
        };
        if let Some(name) = self.user.clone() {
            let text = "a user needs a password: NATS_PASSWORD, or --nats-password-file";
            logins.push(Login::User { name, password: password.ok_or(text)? });
        } else if self.password_file.is_some() {
            return Err("--nats-password-file is for a user, whom --nats-user names".to_owned());
        }
        let token = match &self.token_file {
            Some(path) => Some(secret(path)?),
            None => environment("NATS_TOKEN"),
        };
        logins.extend(token.map(Login::Token));
        logins.extend(self.creds.clone().map(Login::Credentials));
        let login = logins.pop().unwrap_or(Login::Nobody);
        if !logins.is_empty() {
            return Err(
                "one of user, token and credentials is enough for NATS, and there are more: \
                        in the URL, the flags --nats-…, or the environment's NATS_…"
                    .to_owned(),
            );
        }
        let identity = match (self.cert.clone(), self.key.clone()) {
            (None, None) => None,
            (Some(cert), Some(key)) => Some((cert, key)),
            _ => return Err("--nats-cert and --nats-key belong together".to_owned()),
        };
        Ok(Access { urls: bare, login, ca: self.ca.clone(), identity })
    }
}

/// What stands before the `@` of a URL.
fn of_url(login: &str) -> Login {
    match login.split_once(':') {
        Some((name, password)) => Login::User { name: decoded(name), password: decoded(password) },
        None => Login::Token(decoded(login)),
    }
}

/// Undoes the `%` and two digits of URLs.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let byte = code.filter(|_| *first == b'%').and_then(|it| u8::from_str_radix(it, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn secret(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(format!("{} has no secret in it", path.display()));
    }
    Ok(secret.to_owned())
}

/// Which node of which cluster this is.
#[derive(Clone, Debug, Default)]
pub struct MemberArgs {
    /// The cluster's name, the same for all its nodes.
    pub cluster: Option<String>,
    /// The node's own name.
    pub id: Option<String>,
    /// The names of all nodes of the cluster, this one's included, in the same order for all.
    pub nodes: Vec<String>,
    /// On how many servers the key-value services keep what they are told: 3 where there are three.
    pub replicas: u8,
}

/// A node's place, checked.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) cluster: String,
    pub(super) id: String,
    pub(super) nodes: Vec<String>,
    pub(super) replicas: usize,
}

impl MemberArgs {
    pub(super) fn member(&self) -> Result<Member, String> {
        let missing = |flag| format!("a node on NATS needs {flag}");
        let cluster = self.cluster.clone().ok_or_else(|| missing("--cluster"))?;
        let id = self.id.clone().ok_or_else(|| missing("--id"))?;
        checked("cluster", &cluster)?;
        for (at, node) in self.nodes.iter().enumerate() {
            checked("node", node)?;
            if SERVICES.contains(&node.as_str()) {
                return Err(format!("no node can be called {node:?}, as a service is"));
            }
            if self.nodes[..at].contains(node) {
                return Err(format!("the node {node:?} is twice among --nodes"));
            }
        }
        if !self.nodes.contains(&id) {
            return Err(format!(
                "the node's own --id {id:?} is not among --nodes {:?}",
                self.nodes
            ));
        }
        Ok(Member { cluster, id, nodes: self.nodes.clone(), replicas: self.replicas.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    fn access(args: &ServerArgs, environment: &[(&str, &str)]) -> Result<Access, String> {
        args.access_with(|name| {
            environment.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_secret_in_a_url_is_used_and_never_shown() {
        for (url, bare, login) in [
            ("nats://al:p%40ss@h:4222", "nats://h:4222", Some(("al", "p@ss"))),
            ("nats://al:p@ss@h:4222", "nats://h:4222", Some(("al", "p@ss"))),
            ("al:p/ss@h", "nats://h", Some(("al", "p/ss"))),
            ("tls://h", "tls://h", None),
        ] {
            let args = ServerArgs::of(url);
            let access = args.access_with(nothing).unwrap();
            assert_eq!(access.urls, [bare]);
            let expected = login.map(|(name, password)| Login::User {
                name: name.to_owned(),
                password: password.to_owned(),
            });
            assert!(access.login == expected.unwrap_or(Login::Nobody), "{url}");
            let shown = format!("{args:?}");
            assert!(!shown.contains("ss@") && !shown.contains("p%40"), "{shown}");
            assert!(shown.contains(bare), "{shown}");
        }
        let token = ServerArgs::of("nats://s3cret@h").access_with(nothing).unwrap();
        assert!(token.login == Login::Token("s3cret".to_owned()));
    }

    #[test]
    fn there_is_one_way_in() {
        let user = ServerArgs { user: Some("al".into()), ..ServerArgs::of("") };
        assert!(access(&user, &[]).err().unwrap().contains("needs a password"));
        let found = access(&user, &[("NATS_PASSWORD", "x"), ("NATS_URL", "h1, h2")]).unwrap();
        assert_eq!(found.urls, ["nats://h1", "nats://h2"]);
        assert!(found.login == Login::User { name: "al".into(), password: "x".into() });
        let both = access(&user, &[("NATS_PASSWORD", "x"), ("NATS_TOKEN", "hush")]);
        let text = both.err().unwrap();
        assert!(text.contains("one of") && !text.contains("hush"), "{text}");
        assert_eq!(access(&ServerArgs::of(""), &[]).unwrap().urls, [LOCAL]);
        let cert = ServerArgs { cert: Some("c".into()), ..ServerArgs::of("") };
        assert!(access(&cert, &[]).err().unwrap().contains("belong together"));
    }

    #[test]
    fn a_place_in_the_cluster_is_checked() {
        let given = |cluster: &str, id: &str, nodes: &[&str]| {
            let nodes = nodes.iter().map(|&it| it.to_owned()).collect();
            let (cluster, id) = (Some(cluster.to_owned()), Some(id.to_owned()));
            MemberArgs { cluster, id, nodes, replicas: 1 }.member()
        };
        assert_eq!(given("demo", "n1", &["n1", "n2"]).unwrap().nodes, ["n1", "n2"]);
        for (cluster, id, nodes, text) in [
            ("a.b", "n1", &["n1"][..], "cluster \"a.b\""),
            ("demo", "n3", &["n1"], "not among"),
            ("demo", "n1", &["n1", "n1"], "twice"),
            ("demo", "n1", &["n1", "n>"], "node \"n>\""),
            ("demo", "n1", &["n1", "lin-kv"], "service"),
        ] {
            assert!(given(cluster, id, nodes).unwrap_err().contains(text), "{text}");
        }
        assert!(MemberArgs::default().member().unwrap_err().contains("--cluster"));
    }
}
