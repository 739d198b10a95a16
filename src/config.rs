//! The only reader of the environment. Every setting is documented in `.env.example`; a wrong value stops the start with one line.

use ipnet::IpNet;
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    str::FromStr,
};
use url::Url;

use crate::{
    domain::actor::{Grant, Role},
    notify::NotifySettings,
    service::{SsoSettings, keys::SecretKey},
    store::files::FilePlace,
};

/// Settings of one process.
#[derive(Clone)]
pub struct Config {
    /// Where the database is: `sqlite://FILE` or `postgres://…`. May hold a password.
    pub database_url: String,
    /// Most connections to the database.
    pub database_connections: u32,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Address under which clients reach the service; also the issuer of access tokens.
    pub public_url: Option<Url>,
    /// `aud` of access tokens.
    pub token_audience: String,
    /// An external issuer of tokens.
    pub single_sign_on: Option<SsoSettings>,
    /// Seals credentials and keys in the database. Left out with SQLite, a key file beside the database is used.
    pub secret_key: Option<SecretKey>,
    /// Takes the place of the secret key in `secret rotate`.
    pub new_secret_key: Option<SecretKey>,
    /// Pushes worked on at once.
    pub workers: usize,
    /// A folder of GraphQL documents that clients may name.
    pub trusted_documents: Option<PathBuf>,
    /// Run no others.
    pub trusted_only: bool,
    /// GraphQL operations at once.
    pub max_operations: usize,
    /// WebSockets at once.
    pub max_sockets: usize,
    /// Streams of events at once.
    pub max_streams: usize,
    /// Serve GraphiQL.
    pub graphiql: bool,
    /// Proxies of one's own, whose `X-Forwarded-For` names clients.
    pub trusted_proxies: Vec<IpNet>,
    /// Points for GraphQL that a caller gets each second.
    pub points_per_second: NonZeroU32,
    /// Let outbound calls reach private addresses.
    pub outbound_allow_private: bool,
    /// Where uploaded files are kept; left out, a folder beside the database.
    pub files: Option<FilePlace>,
    /// How people outside are told.
    pub notify: NotifySettings,
    /// Log filter.
    pub log: String,
    /// Log lines as JSON.
    pub log_json: bool,
}

/// A setting that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {what}")]
pub struct ConfigError {
    name: &'static str,
    what: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite://ocop-catalog.db".to_owned(),
            database_connections: 10,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            token_audience: "ocop-catalog".to_owned(),
            single_sign_on: None,
            secret_key: None,
            new_secret_key: None,
            workers: 16,
            trusted_documents: None,
            trusted_only: false,
            max_operations: 128,
            max_sockets: 4_000,
            max_streams: 256,
            graphiql: true,
            trusted_proxies: Vec::new(),
            points_per_second: NonZeroU32::new(1_000).unwrap_or(NonZeroU32::MIN),
            outbound_allow_private: false,
            files: None,
            notify: NotifySettings::default(),
            log: "info".to_owned(),
            log_json: false,
        }
    }
}

impl Config {
    /// Settings from the environment.
    #[expect(clippy::disallowed_methods, reason = "this is the reader that everyone else must ask")]
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// Settings from named values; an empty value counts as left out.
    fn read(value: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let given = |name: &'static str| value(name).filter(|text| !text.trim().is_empty());
        let default = Self::default();
        let secret = |name| {
            let wrong = move || error(name, "32 bytes in hexadecimal are needed, for example from: openssl rand -hex 32");
            given(name).map(|text| SecretKey::parse(&text).ok_or_else(wrong)).transpose()
        };
        Ok(Self {
            database_url: given("OCOP_DATABASE_URL").map_or(Ok(default.database_url), database_url)?,
            database_connections: number(&given, "OCOP_DATABASE_CONNECTIONS", (default.database_connections, 100))?,
            listen: parsed(given("OCOP_LISTEN"), "OCOP_LISTEN", default.listen, "an address such as 127.0.0.1:8080 is needed")?,
            public_url: given("OCOP_PUBLIC_URL").map(public_url).transpose()?,
            token_audience: given("OCOP_TOKEN_AUDIENCE").unwrap_or(default.token_audience),
            single_sign_on: single_sign_on(&given)?,
            secret_key: secret("OCOP_SECRET_KEY")?,
            new_secret_key: secret("OCOP_NEW_SECRET_KEY")?,
            workers: number(&given, "OCOP_WORKERS", (16, 100))? as usize,
            trusted_documents: given("OCOP_TRUSTED_DOCUMENTS").map(PathBuf::from),
            trusted_only: switch(given("OCOP_TRUSTED_ONLY"), "OCOP_TRUSTED_ONLY", default.trusted_only)?,
            max_operations: number(&given, "OCOP_MAX_OPERATIONS", (128, 10_000))? as usize,
            max_sockets: number(&given, "OCOP_MAX_SOCKETS", (4_000, 100_000))? as usize,
            max_streams: number(&given, "OCOP_MAX_STREAMS", (256, 400))? as usize,
            graphiql: switch(given("OCOP_GRAPHIQL"), "OCOP_GRAPHIQL", default.graphiql)?,
            trusted_proxies: given("OCOP_TRUSTED_PROXIES").map_or(Ok(Vec::new()), |text| networks(&text))?,
            points_per_second: number(&given, "OCOP_POINTS_PER_SECOND", (1_000, 100_000_000))?.try_into().unwrap_or(NonZeroU32::MIN),
            outbound_allow_private: switch(given("OCOP_OUTBOUND_ALLOW_PRIVATE"), "OCOP_OUTBOUND_ALLOW_PRIVATE", false)?,
            files: files(&given)?,
            notify: NotifySettings {
                webhook: given("OCOP_NOTIFY_WEBHOOK_URL").map(webhook_url).transpose()?,
                webhook_key: given("OCOP_NOTIFY_WEBHOOK_KEY"),
                smtp: given("OCOP_SMTP_URL"),
                from: given("OCOP_MAIL_FROM"),
            },
            log: given("OCOP_LOG").unwrap_or(default.log),
            log_json: match given("OCOP_LOG_FORMAT").as_deref() {
                None | Some("text") => false,
                Some("json") => true,
                Some(_) => return Err(error("OCOP_LOG_FORMAT", "text or json is needed")),
            },
        })
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("database", &without_password(&self.database_url))
            .field("listen", &self.listen)
            .field("secret_key", &self.secret_key)
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

/// A folder for files that may be thrown away.
pub fn temporary_folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(name)
}

/// A database address that may be shown: its password is replaced.
pub fn without_password(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            // Fails only for addresses without a host, which have no password.
            parsed.set_password(Some("***")).map_or_else(|()| "***".to_owned(), |()| parsed.to_string())
        }
        _ => url.to_owned(),
    }
}

/// The file of an SQLite database; `None` for other databases.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let file = url.strip_prefix("sqlite:")?.trim_start_matches("//");
    Some(PathBuf::from(file.split('?').next().unwrap_or_default()))
}

/// Checks the kind of a database address.
pub fn database_url(text: String) -> Result<String, ConfigError> {
    let known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme));
    if known { Ok(text) } else { Err(error("OCOP_DATABASE_URL", "sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE is needed")) }
}

/// `OCOP_FILES`: a folder, or `s3://BUCKET` with the settings of its store.
fn files(given: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<FilePlace>, ConfigError> {
    let Some(place) = given("OCOP_FILES") else { return Ok(None) };
    let Some(bucket) = place.strip_prefix("s3://") else { return Ok(Some(FilePlace::Folder(PathBuf::from(place)))) };
    let needed = |name: &'static str| given(name).ok_or_else(|| error(name, "needed with OCOP_FILES=s3://…"));
    Ok(Some(FilePlace::S3 {
        bucket: bucket.trim_end_matches('/').to_owned(),
        region: given("OCOP_S3_REGION").unwrap_or_else(|| "auto".to_owned()),
        endpoint: given("OCOP_S3_ENDPOINT"),
        key_id: needed("OCOP_S3_KEY_ID")?,
        secret: needed("OCOP_S3_SECRET")?,
    }))
}

fn webhook_url(text: String) -> Result<Url, ConfigError> {
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| error("OCOP_NOTIFY_WEBHOOK_URL", "an address such as https://so-nn.example.vn/ocop is needed"))
}

fn public_url(text: String) -> Result<Url, ConfigError> {
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| error("OCOP_PUBLIC_URL", "an address such as https://ocop.example.vn is needed"))
}

/// The external issuer, when one is named.
fn single_sign_on(given: &dyn Fn(&'static str) -> Option<String>) -> Result<Option<SsoSettings>, ConfigError> {
    let Some(issuer) = given("OCOP_OIDC_ISSUER") else { return Ok(None) };
    let needed = |name| given(name).ok_or_else(|| error(name, "needed with OCOP_OIDC_ISSUER"));
    let keys = needed("OCOP_OIDC_JWKS_URL")?.parse().map_err(|_| error("OCOP_OIDC_JWKS_URL", "an address is needed"))?;
    let roles = given("OCOP_OIDC_ROLES").unwrap_or_default();
    let parts = roles.split(',').map(str::trim).filter(|part| !part.is_empty());
    Ok(Some(SsoSettings {
        issuer,
        audience: needed("OCOP_OIDC_AUDIENCE")?,
        keys,
        roles_claim: given("OCOP_OIDC_ROLES_CLAIM").unwrap_or_else(|| "roles".to_owned()),
        roles: parts.map(role).collect::<Result<_, _>>()?,
    }))
}

/// `their-role=ROLE`, or `their-role=COMMUNE_OFFICER:01090`.
fn role(text: &str) -> Result<(String, Grant), ConfigError> {
    let wrong = || error("OCOP_OIDC_ROLES", &format!("{text} is not such as their-role=ADMIN or their-role=COMMUNE_OFFICER:01090"));
    let (theirs, ours) = text.split_once('=').ok_or_else(wrong)?;
    let (name, commune) = ours.split_once(':').map_or((ours, None), |(name, commune)| (name, Some(commune.trim().to_owned())));
    let role = Role::parse_code(name.trim()).filter(|role| (*role == Role::CommuneOfficer) == commune.is_some()).ok_or_else(wrong)?;
    Ok((theirs.trim().to_owned(), Grant { role, commune_code: commune }))
}

/// Addresses and networks with commas between them.
fn networks(text: &str) -> Result<Vec<IpNet>, ConfigError> {
    let one = |part: &str| part.parse::<IpNet>().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let wrong = |part| error("OCOP_TRUSTED_PROXIES", &format!("{part} is neither an address nor a network such as 10.0.0.0/8"));
    parts.map(|part| one(part).map_err(|_| wrong(part))).collect()
}

/// A number from one to the most that makes sense.
fn number(given: &dyn Fn(&'static str) -> Option<String>, name: &'static str, (default, most): (u32, u32)) -> Result<u32, ConfigError> {
    let wrong = format!("a whole number from 1 to {most} is needed");
    let number = parsed(given(name), name, default, &wrong)?;
    if (1..=most).contains(&number) { Ok(number) } else { Err(error(name, &wrong)) }
}

fn parsed<T: FromStr>(text: Option<String>, name: &'static str, default: T, what: &str) -> Result<T, ConfigError> {
    text.map_or(Ok(default), |text| text.trim().parse().map_err(|_| error(name, what)))
}

fn switch(text: Option<String>, name: &'static str, default: bool) -> Result<bool, ConfigError> {
    match text.as_deref().map(str::trim) {
        None => Ok(default),
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(_) => Err(error(name, "true or false is needed")),
    }
}

fn error(name: &'static str, what: &str) -> ConfigError {
    ConfigError { name, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &'static str) -> Result<Config, ConfigError> {
        Config::read(&|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn a_wrong_value_names_its_setting() {
        for (name, value) in [
            ("OCOP_DATABASE_URL", "mysql://x"),
            ("OCOP_DATABASE_CONNECTIONS", "0"),
            ("OCOP_LISTEN", "8080"),
            ("OCOP_PUBLIC_URL", "ocop.example.vn"),
            ("OCOP_SECRET_KEY", "short"),
            ("OCOP_WORKERS", "many"),
            ("OCOP_MAX_SOCKETS", "0"),
            ("OCOP_TRUSTED_PROXIES", "10.0.0.1,10.0.0.0/33"),
            ("OCOP_POINTS_PER_SECOND", "0"),
            ("OCOP_MAX_STREAMS", "401"),
            ("OCOP_GRAPHIQL", "yes"),
            ("OCOP_OUTBOUND_ALLOW_PRIVATE", "1"),
            ("OCOP_NOTIFY_WEBHOOK_URL", "nowhere"),
            ("OCOP_LOG_FORMAT", "xml"),
        ] {
            let error = read(name, value).expect_err(name);
            assert_eq!(error.name, name);
        }
    }

    #[test]
    fn given_values_replace_defaults_and_empty_ones_do_not() {
        assert_eq!(read("OCOP_WORKERS", "7").expect("reads").workers, 7);
        assert_eq!(read("OCOP_WORKERS", " ").expect("reads").workers, 16);
        assert!(!read("OCOP_GRAPHIQL", "false").expect("reads").graphiql);
        assert!(read("OCOP_SECRET_KEY", "").expect("reads").secret_key.is_none());
    }

    #[test]
    fn an_issuer_is_read_whole_or_not_at_all() {
        let read = |roles: &'static str, left_out: &'static str| {
            let all = [
                ("OCOP_OIDC_ISSUER", "https://sso.example.vn/realms/tinh"),
                ("OCOP_OIDC_AUDIENCE", "ocop"),
                ("OCOP_OIDC_JWKS_URL", "https://sso.example.vn/keys"),
                ("OCOP_OIDC_ROLES", roles),
            ];
            Config::read(&|asked| all.iter().find(|(name, _)| *name == asked && asked != left_out).map(|(_, value)| (*value).to_owned()))
        };
        let sso = read("quan-tri=ADMIN, xa=COMMUNE_OFFICER:01090", "").expect("reads").single_sign_on.expect("an issuer");
        assert_eq!((sso.roles.len(), sso.roles_claim.as_str()), (2, "roles"));
        assert_eq!(sso.roles[1].1.commune_code.as_deref(), Some("01090"));
        assert!(read("", "OCOP_OIDC_ISSUER").expect("reads").single_sign_on.is_none());
        for (roles, left_out, name) in [
            ("", "OCOP_OIDC_AUDIENCE", "OCOP_OIDC_AUDIENCE"),
            ("", "OCOP_OIDC_JWKS_URL", "OCOP_OIDC_JWKS_URL"),
            ("quan-tri", "", "OCOP_OIDC_ROLES"),
            ("quan-tri=KING", "", "OCOP_OIDC_ROLES"),
            ("xa=COMMUNE_OFFICER", "", "OCOP_OIDC_ROLES"),
            ("quan-tri=ADMIN:01090", "", "OCOP_OIDC_ROLES"),
        ] {
            assert_eq!(read(roles, left_out).expect_err(name).name, name);
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut config = read("OCOP_DATABASE_URL", "postgres://ocop:hunter2@db/ocop").expect("reads");
        config.secret_key = Some(SecretKey::random());
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2") && shown.contains("***"), "{shown}");
    }
}
