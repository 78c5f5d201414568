use std::fs;
use std::path::Path;

use clap::Parser;
use glomers_shims::nats::{NatsTransport, ServerArgs, Until, request};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::{SOON, Server, member};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    servers: ServerArgs,
}

fn line(words: &[&str]) -> ServerArgs {
    Line::try_parse_from(["program"].iter().chain(words)).unwrap().servers
}

/// Whether a node gets in; if not, what it is told.
fn enters(servers: &ServerArgs) -> Result<(), String> {
    let started = NatsTransport::start(servers, &member("n1", &["n1"]), Until::Forever);
    started.map(drop).map_err(|error| error.to_string())
}

fn file(folder: &TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_user_needs_the_right_password() {
    let Some(server) = Server::with("authorization { user: al, password: \"s3cr@t\" }") else {
        return;
    };
    let url = server.url();
    let (right, wrong) =
        (file(&server.folder, "right", "s3cr@t\n"), file(&server.folder, "wrong", "guess\n"));
    let with = |password: &str| {
        line(&["--nats", &url, "--nats-user", "al", "--nats-password-file", password])
    };
    assert_eq!(enters(&with(&right)), Ok(()));
    assert_eq!(enters(&ServerArgs::of(&url.replace("//", "//al:s3cr%40t@"))), Ok(()));
    for servers in
        [with(&wrong), ServerArgs::of(&url), ServerArgs::of(&url.replace("//", "//al:guess@"))]
    {
        let told = enters(&servers).unwrap_err();
        assert!(told.contains("refuses user") && !told.contains("guess"), "{told}");
        let asked = request(&servers, "demo", "n1", r#"{"type":"read"}"#, SOON).unwrap_err();
        assert!(asked.to_string().contains("refuses user"), "{asked}");
    }
    let told = enters(&with("/nowhere")).unwrap_err();
    assert!(told.contains("/nowhere cannot be read"), "{told}");
}

#[test]
fn a_token_must_be_the_right_one() {
    let Some(server) = Server::with("authorization { token: s3cret }") else { return };
    let (right, wrong) =
        (file(&server.folder, "right", "s3cret"), file(&server.folder, "wrong", "guess"));
    let with = |token: &str| line(&["--nats", &server.url(), "--nats-token-file", token]);
    assert_eq!(enters(&with(&right)), Ok(()));
    assert_eq!(enters(&ServerArgs::of(&server.url().replace("//", "//s3cret@"))), Ok(()));
    for servers in [with(&wrong), ServerArgs::of(&server.url())] {
        let told = enters(&servers).unwrap_err();
        assert!(told.contains("refuses user") && !told.contains("guess"), "{told}");
    }
}

/// Who vouches for others.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    /// Writes a certificate and its key into a folder.
    fn vouch(&self, folder: &Path, name: &str, whose: &str) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![whose.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}

#[test]
fn with_tls_both_sides_are_who_they_say() {
    let (ours, others) = (Authority::new(), Authority::new());
    let server = Server::prepared(|folder| {
        let path = folder.path();
        fs::write(path.join("ca.pem"), &ours.1).unwrap();
        fs::write(path.join("other-ca.pem"), &others.1).unwrap();
        ours.vouch(path, "server", "127.0.0.1");
        ours.vouch(path, "node", "n1");
        others.vouch(path, "stranger", "n1");
        "tls { cert_file: \"DIR/server.pem\", key_file: \"DIR/server.key\", ca_file: \"DIR/ca.pem\", \
         verify: true, timeout: 5 }"
            .to_owned()
    });
    let Some(server) = server else { return };
    let url = server.url();
    let path = |name: &str| server.folder.path().join(name).to_str().unwrap().to_owned();
    let with = |ca: &str, name: &str| {
        let (ca, cert, key) =
            (path(ca), path(&format!("{name}.pem")), path(&format!("{name}.key")));
        line(&["--nats", &url, "--nats-ca", &ca, "--nats-cert", &cert, "--nats-key", &key])
    };
    assert_eq!(enters(&with("ca.pem", "node")), Ok(()));
    for (servers, what) in [
        (with("other-ca.pem", "node"), "whom the server is not vouched for by"),
        (with("ca.pem", "stranger"), "a certificate of another authority"),
        (line(&["--nats", &url, "--nats-ca", &path("ca.pem")]), "no certificate"),
        (ServerArgs::of(&url), "nothing"),
    ] {
        let told = enters(&servers).unwrap_err();
        assert!(told.contains(&url), "{what}: {told}");
    }
    let told = enters(&with("nowhere.pem", "node")).unwrap_err();
    assert!(told.contains("nowhere.pem"), "{told}");
}

#[test]
fn who_demands_tls_sends_nothing_without_it() {
    let ours = Authority::new();
    let Some(server) = Server::start() else { return };
    let ca = file(&server.folder, "ca.pem", &ours.1);
    let told = enters(&line(&["--nats", &server.url(), "--nats-ca", &ca])).unwrap_err();
    assert!(told.to_lowercase().contains("tls"), "{told}");
}
