//! Where a request comes from: the other end of the connection, or what a proxy of one's own says.

use axum::extract::{ConnectInfo, Request};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The proxies whose word about a client's address is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// Whether an address is a proxy's.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// The client: from the connection backwards through `X-Forwarded-For`, the first address that is not a trusted proxy. What stands
    /// left of it could be made up by anybody; so could the whole header where the connection is not a trusted proxy's.
    pub(super) fn client(&self, request: &Request) -> IpAddr {
        let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let mut client = connection.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |client| client.0.ip()).to_canonical();
        let named = request.headers().get_all("x-forwarded-for").iter().rev();
        let mut hops = named.flat_map(|value| value.to_str().unwrap_or_default().rsplit(',').map(str::trim));
        while self.trusts(client) {
            match hops.next().map(str::parse::<IpAddr>) {
                Some(Ok(hop)) => client = hop.to_canonical(),
                Some(Err(_)) | None => break,
            }
        }
        client
    }
}

/// Whoever has one IPv6 address has 2^64 of them: the network counts.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(connection: &str, headers: &[&str]) -> Request {
        let mut request = Request::new(axum::body::Body::empty());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(connection.parse().expect("an address"), 1)));
        for header in headers {
            request.headers_mut().append("x-forwarded-for", header.parse().expect("a header"));
        }
        request
    }

    #[test]
    fn only_trusted_hops_are_believed() {
        let trusted = "10.0.0.0/8 ::1/128 192.0.2.9/32";
        for (proxies, connection, headers, expected) in [
            ("", "10.0.0.1", &["203.0.113.7"][..], "10.0.0.1"),
            (trusted, "10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            (trusted, "::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            (trusted, "198.51.100.1", &["203.0.113.7"], "198.51.100.1"),
            // The client itself wrote the first; the proxy the last.
            (trusted, "10.0.0.1", &["1.2.3.4, 203.0.113.7"], "203.0.113.7"),
            (trusted, "10.0.0.1", &["1.2.3.4", "203.0.113.7"], "203.0.113.7"),
            // Two proxies of one's own, one behind the other.
            (trusted, "10.0.0.1", &["1.2.3.4, 203.0.113.7, 192.0.2.9"], "203.0.113.7"),
            (trusted, "::1", &["2001:db8::5"], "2001:db8::5"),
            (trusted, "10.0.0.1", &[], "10.0.0.1"),
            (trusted, "10.0.0.1", &["203.0.113.7, rubbish"], "10.0.0.1"),
            (trusted, "10.0.0.1", &["rubbish, 10.0.0.2"], "10.0.0.2"),
            (trusted, "10.0.0.1", &[""], "10.0.0.1"),
        ] {
            let proxies = Proxies(proxies.split_whitespace().map(|network| network.parse().expect("a network")).collect());
            assert_eq!(
                proxies.client(&request(connection, headers)),
                expected.parse::<IpAddr>().expect("an address"),
                "{connection} {headers:?}"
            );
        }
    }
}
