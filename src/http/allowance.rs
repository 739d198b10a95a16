//! What a caller may still do: points for GraphQL, tries to sign in, checks of certificates. Token buckets of this process, kept by
//! `governor`; several replicas give several times as much.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Json, Response},
};
use governor::{
    DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter, clock::Clock, clock::DefaultClock, middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use serde_json::json;
use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

use crate::{
    domain::actor::Actor,
    graphql::Visitor,
    http::visitor::{Proxies, network},
};

const CHECKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(30).expect("thirty is not zero");
/// Tries to sign in as one person, from anywhere: twenty at once, then one every 30 seconds. Who guesses gets 2,900 tries a day.
const ACCOUNT_TRIES: (NonZeroU32, Duration) = (NonZeroU32::new(20).expect("twenty is not zero"), Duration::from_secs(30));
/// Tries to sign in or up from one network: forty at once, then one every six seconds.
const NETWORK_TRIES: (NonZeroU32, Duration) = (NonZeroU32::new(40).expect("forty is not zero"), Duration::from_secs(6));
/// Seconds of points that a full bucket holds.
const BUCKET_SECONDS: u32 = 30;
/// How long somebody with an empty bucket waits for the refusal: a loop that sends without a pause gets five a second for each connection.
const SLOWED: Duration = Duration::from_millis(200);
/// How many wait so at once; whoever comes beyond is refused at once, so that waiting holds few connections.
const SLOWED_AT_ONCE: usize = 64;
/// Uses after which buckets that are full again are forgotten.
const TIDY_EVERY: u32 = 4096;

type Points = RateLimiter<Spender, DefaultKeyedStateStore<Spender>, DefaultClock, StateInformationMiddleware>;

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Spender {
    Principal(String),
    Network(IpAddr),
}

/// The buckets of everybody.
pub(super) struct Allowances {
    proxies: Proxies,
    points: Points,
    per_second: NonZeroU32,
    checks: DefaultKeyedRateLimiter<IpAddr>,
    account_tries: DefaultKeyedRateLimiter<String>,
    network_tries: DefaultKeyedRateLimiter<IpAddr>,
    slowed: Semaphore,
    uses: AtomicU32,
}

/// One bucket of points.
pub struct Purse {
    allowances: Arc<Allowances>,
    spender: Spender,
}

/// What is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Points left.
    pub available: u32,
    /// Points of a full bucket.
    pub bucket: u32,
    /// Points that come back each second.
    pub restore_per_second: u32,
}

/// The allowances of whoever sends a request, by the address it comes from.
pub(super) struct Guest {
    allowances: Arc<Allowances>,
    address: IpAddr,
}

impl Allowances {
    pub(super) fn new(proxies: Proxies, per_second: NonZeroU32) -> Self {
        let bucket = per_second.saturating_mul(NonZeroU32::new(BUCKET_SECONDS).unwrap_or(per_second));
        let tries =
            |(burst, period): (NonZeroU32, Duration)| Quota::with_period(period).unwrap_or(Quota::per_minute(burst)).allow_burst(burst);
        Self {
            proxies,
            points: RateLimiter::keyed(Quota::per_second(per_second).allow_burst(bucket)).with_middleware(),
            per_second,
            checks: RateLimiter::keyed(Quota::per_minute(CHECKS_A_MINUTE)),
            account_tries: RateLimiter::keyed(tries(ACCOUNT_TRIES)),
            network_tries: RateLimiter::keyed(tries(NETWORK_TRIES)),
            slowed: Semaphore::new(SLOWED_AT_ONCE),
            uses: AtomicU32::new(0),
        }
    }

    /// Takes a check of a certificate for a request, or tells the seconds until the next.
    pub(super) fn check_for(&self, request: &Request) -> Result<(), u64> {
        self.check(self.proxies.client(request))
    }

    fn check(&self, address: IpAddr) -> Result<(), u64> {
        self.tidy();
        take(&self.checks, &network(address))
    }

    fn sign_in(&self, address: IpAddr, email: &str) -> Result<(), u64> {
        self.tidy();
        take(&self.network_tries, &network(address))?;
        take(&self.account_tries, &email.trim().to_lowercase())
    }

    /// Whoever comes from a new address every time would fill the memory otherwise.
    fn tidy(&self) {
        if self.uses.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.points.retain_recent();
            self.checks.retain_recent();
            self.account_tries.retain_recent();
            self.network_tries.retain_recent();
        }
    }

    fn bucket(&self) -> u32 {
        self.per_second.get().saturating_mul(BUCKET_SECONDS)
    }
}

fn take<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), u64> {
    limiter.check_key(key).map_err(|not_yet| wait(&not_yet).as_secs() + 1)
}

fn wait(not_yet: &NotUntil<<DefaultClock as Clock>::Instant>) -> Duration {
    not_yet.wait_time_from(DefaultClock::default().now())
}

impl Guest {
    pub(super) fn of(allowances: &Arc<Allowances>, request: &Request) -> Self {
        Self { allowances: Arc::clone(allowances), address: allowances.proxies.client(request) }
    }

    /// Where the request comes from.
    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    /// The bucket of the network that the request comes from.
    pub(super) fn purse(&self) -> Purse {
        Purse { allowances: Arc::clone(&self.allowances), spender: Spender::Network(network(self.address)) }
    }

    /// The bucket that an actor pays from: its own, or that of its network when nobody knows who it is.
    pub(super) fn purse_of(&self, actor: &Actor) -> Purse {
        match actor {
            Actor::Anonymous => self.purse(),
            actor => Purse { allowances: Arc::clone(&self.allowances), spender: Spender::Principal(actor.principal()) },
        }
    }
}

impl Visitor for Guest {
    fn check(&self) -> Result<(), u64> {
        self.allowances.check(self.address)
    }

    fn sign_in(&self, email: &str) -> Result<(), u64> {
        self.allowances.sign_in(self.address, email)
    }
}

impl Purse {
    /// A bucket of its own.
    #[cfg(test)]
    pub(super) fn full(per_second: u32) -> Self {
        let per_second = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        Self { allowances: Arc::new(Allowances::new(Proxies::default(), per_second)), spender: Spender::Principal(String::new()) }
    }

    /// Takes points and tells what is left, or how long to wait until there are enough.
    pub fn spend(&self, points: u64) -> Result<Balance, Duration> {
        let allowances = &self.allowances;
        allowances.tidy();
        let points = NonZeroU32::new(u32::try_from(points).unwrap_or(u32::MAX).clamp(1, allowances.bucket())).unwrap_or(NonZeroU32::MIN);
        match allowances.points.check_key_n(&self.spender, points) {
            Ok(Ok(state)) => Ok(Balance {
                available: state.remaining_burst_capacity(),
                bucket: allowances.bucket(),
                restore_per_second: allowances.per_second.get(),
            }),
            Ok(Err(not_yet)) => Err(wait(&not_yet)),
            // More than a full bucket is asked of it only where somebody sets the bucket below the cost of one request.
            Err(_) => Err(Duration::from_secs(BUCKET_SECONDS.into())),
        }
    }

    /// Lets a caller with an empty bucket wait for the refusal.
    pub async fn slow(&self) {
        if let Ok(_place) = self.allowances.slowed.try_acquire() {
            tokio::time::sleep(SLOWED).await;
        }
    }

    /// Takes points for what turned out to be more than was estimated, as far as there are any.
    pub fn settle(&self, points: u64) {
        let mut points = points;
        while points > 0 && self.spend(points).is_err() {
            points /= 2;
        }
    }
}

/// The answer, outside GraphQL, to somebody who comes too often.
pub(super) fn too_often(seconds: u64) -> Response {
    let body = json!({ "code": "RATE_LIMITED", "message": format!("Too many requests; try again in {seconds} seconds.") });
    let again = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from(seconds))]);
    (StatusCode::TOO_MANY_REQUESTS, again, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(allowances: &Arc<Allowances>, address: &str) -> Guest {
        Guest { allowances: Arc::clone(allowances), address: address.parse().expect("an address") }
    }

    fn allowances(per_second: u32) -> Arc<Allowances> {
        Arc::new(Allowances::new(Proxies::default(), NonZeroU32::new(per_second).expect("not zero")))
    }

    #[test]
    fn thirty_checks_at_once_then_one_every_two_seconds() {
        let all = allowances(1);
        let one = guest(&all, "2001:db8::1");
        assert!((0..30).all(|_| one.check().is_ok()));
        assert!(one.check().is_err_and(|seconds| (1..=3).contains(&seconds)));
        assert!(guest(&all, "2001:db8::2").check().is_err(), "the same network");
        assert!(guest(&all, "192.0.2.1").check().is_ok(), "somebody else");
    }

    #[test]
    fn signing_in_is_bounded_by_account_and_by_network() {
        let all = allowances(1);
        for (number, written) in ["an@x.vn", "AN@x.vn", " an@x.vn "].iter().cycle().take(20).enumerate() {
            assert!(guest(&all, &format!("192.0.2.{number}")).sign_in(written).is_ok(), "{number}");
        }
        assert!(guest(&all, "192.0.2.99").sign_in("an@x.vn").is_err_and(|seconds| seconds <= 31), "another address does not help");
        assert!(guest(&all, "192.0.2.99").sign_in("binh@x.vn").is_ok(), "another person is not locked out");
        let scanner = guest(&all, "198.51.100.1");
        assert!((0..40).all(|number| scanner.sign_in(&format!("p{number}@x.vn")).is_ok()));
        assert!(scanner.sign_in("p41@x.vn").is_err_and(|seconds| seconds <= 7), "a list of people does not help");
    }

    #[test]
    fn points_are_spent_and_come_back() {
        let all = allowances(1_000);
        let (purse, other) = (guest(&all, "192.0.2.1").purse(), guest(&all, "192.0.2.2").purse());
        let balance = purse.spend(10_000).expect("a full bucket");
        assert_eq!((balance.bucket, balance.restore_per_second), (30_000, 1_000));
        assert!((20_000..=20_100).contains(&balance.available), "{balance:?}");
        assert!(purse.spend(19_000).is_ok());
        let wait = purse.spend(29_000).expect_err("an empty bucket");
        assert!(wait <= Duration::from_secs(29) && wait > Duration::from_secs(25), "{wait:?}");
        assert!(other.spend(29_000).is_ok(), "somebody else's bucket");
        purse.settle(u64::MAX);
        assert!(purse.spend(2_000).is_err(), "what was too much is taken as far as it goes");
    }

    #[test]
    fn persons_have_buckets_of_their_own_wherever_they_are() {
        let all = allowances(1);
        let (here, there) = (guest(&all, "192.0.2.1"), guest(&all, "192.0.2.2"));
        assert!(here.purse_of(&Actor::System).spend(30).is_ok());
        assert!(there.purse_of(&Actor::System).spend(30).is_err());
        assert!(here.purse_of(&Actor::Anonymous).spend(30).is_ok());
        assert!(here.purse().spend(30).is_err(), "nobody in particular pays from the network's");
    }

    proptest::proptest! {
        #[test]
        fn no_amount_overflows(points: u64, per_second in 1..=u32::MAX) {
            let all = allowances(per_second);
            let purse = guest(&all, "192.0.2.1").purse();
            purse.settle(points);
            purse.spend(points).ok();
        }
    }
}
