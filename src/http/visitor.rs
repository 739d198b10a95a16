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
pub(super) struct Checks(DefaultKeyedRateLimiter<IpAddr>);

impl Checks {
    pub(super) fn new() -> Self {
        Self(RateLimiter::keyed(Quota::per_minute(CHECKS_A_MINUTE)))
    }

    /// Takes a check from an address's allowance, or tells the seconds until the next.
    pub(super) fn take(&self, address: IpAddr) -> Result<(), u64> {
        if self.0.len() > MANY {
            self.0.retain_recent();
        }
        let wait = |not_yet: governor::NotUntil<_>| not_yet.wait_time_from(governor::clock::DefaultClock::default().now()).as_secs() + 1;
        self.0.check_key(&network(address)).map_err(wait)
    }
}

/// The allowance of the address that a request comes from, for its resolvers.
pub(super) fn allowance(checks: &Arc<Checks>, request: &Request) -> MayCheck {
    let (checks, address) = (Arc::clone(checks), address(request));
    Arc::new(move || checks.take(address))
}

/// The address at the other end of the connection. Headers that name another one can be made up and are not read.
pub(super) fn address(request: &Request) -> IpAddr {
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
        let checks = Checks::new();
        let one: IpAddr = "2001:db8::1".parse().expect("an address");
        assert!((0..30).all(|_| checks.take(one).is_ok()));
        assert!(checks.take(one).is_err_and(|seconds| (1..=3).contains(&seconds)));
        assert!(checks.take("2001:db8::2".parse().expect("an address")).is_err(), "the same network");
        assert!(checks.take("192.0.2.1".parse().expect("an address")).is_ok(), "somebody else");
    }
}
