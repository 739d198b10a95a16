//! How often an address may check certificates: 30 times a minute, so that numbers can't be guessed by trying.

use axum::extract::{ConnectInfo, Request};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};
use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
};

use crate::graphql::MayCheck;

const CHECKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(30).expect("thirty is not zero");
/// Addresses after which those that are idle are forgotten.
const MANY: usize = 10_000;

/// The allowances of all addresses.
pub(super) struct Checks {
    allowances: DefaultKeyedRateLimiter<IpAddr>,
    behind_proxy: bool,
}

impl Checks {
    /// Behind a proxy of one's own, the address is the last one that `X-Forwarded-For` names: the one that proxy wrote.
    pub(super) fn new(behind_proxy: bool) -> Self {
        Self { allowances: RateLimiter::keyed(Quota::per_minute(CHECKS_A_MINUTE)), behind_proxy }
    }

    /// Takes a check from the allowance of a request's address, or tells the seconds until the next.
    pub(super) fn take_for(&self, request: &Request) -> Result<(), u64> {
        self.take(address(request, self.behind_proxy))
    }

    fn take(&self, address: IpAddr) -> Result<(), u64> {
        if self.allowances.len() > MANY {
            self.allowances.retain_recent();
        }
        let wait = |not_yet: governor::NotUntil<_>| not_yet.wait_time_from(governor::clock::DefaultClock::default().now()).as_secs() + 1;
        self.allowances.check_key(&network(address)).map_err(wait)
    }
}

/// The allowance of the address that a request comes from, for its resolvers.
pub(super) fn allowance(checks: &Arc<Checks>, request: &Request) -> MayCheck {
    let (checks, address) = (Arc::clone(checks), address(request, checks.behind_proxy));
    Arc::new(move || checks.take(address))
}

/// The address at the other end of the connection, or of the proxy's. Without a proxy the header could be made up and is not read.
fn address(request: &Request, behind_proxy: bool) -> IpAddr {
    let forwarded = request.headers().get_all("x-forwarded-for").iter().next_back().filter(|_| behind_proxy);
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    if let Some(address) = last {
        return address;
    }
    request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |client| client.0.ip())
}

/// Whoever has one IPv6 address has 2^64 of them: the network counts.
fn network(address: IpAddr) -> IpAddr {
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

    #[test]
    fn thirty_checks_at_once_then_one_every_two_seconds() {
        let checks = Checks::new(false);
        let one: IpAddr = "2001:db8::1".parse().expect("an address");
        assert!((0..30).all(|_| checks.take(one).is_ok()));
        assert!(checks.take(one).is_err_and(|seconds| (1..=3).contains(&seconds)));
        assert!(checks.take("2001:db8::2".parse().expect("an address")).is_err(), "the same network");
        assert!(checks.take("192.0.2.1".parse().expect("an address")).is_ok(), "somebody else");
    }

    #[test]
    fn forwarded_addresses_count_behind_a_proxy_only() {
        let request =
            |header: &str| Request::builder().header("x-forwarded-for", header).body(axum::body::Body::empty()).expect("a request");
        let nobody = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        for (header, behind_proxy, expected) in [
            ("203.0.113.7", false, nobody),
            ("203.0.113.7", true, "203.0.113.7".parse().expect("an address")),
            ("10.0.0.1, 203.0.113.7", true, "203.0.113.7".parse().expect("an address")),
            ("203.0.113.7, rubbish", true, nobody),
        ] {
            assert_eq!(address(&request(header), behind_proxy), expected, "{header} {behind_proxy}");
        }
    }
}
