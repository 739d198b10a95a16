//! Who acts, and the one policy: [`permit`] says whether an action is allowed and which producers' rows it may touch.

use std::collections::BTreeSet;

use crate::domain::{
    code::coded,
    id::{ApiKeyId, ProducerId, SessionId, UserId},
    producer::MemberRole,
};

coded! {
    /// Offices a person can hold.
    Role {
        /// The province's administrator.
        Admin = "ADMIN",
        /// An officer of a commune (cán bộ xã).
        CommuneOfficer = "COMMUNE_OFFICER",
        /// A member of an evaluation council (thành viên hội đồng).
        CouncilMember = "COUNCIL_MEMBER",
    }
}

coded! {
    /// What an API key may do.
    Scope {
        /// Follow the public change feed and take snapshots.
        FeedRead = "feed:read",
    }
}

/// A role, with the commune it is held in where the role is of a commune.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The office.
    pub role: Role,
    /// The commune of today, for [`Role::CommuneOfficer`].
    pub commune_code: Option<String>,
}

/// A signed-in person with everything the policy asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub id: UserId,
    /// The session the token belongs to.
    pub session: Option<SessionId>,
    /// The account's e-mail.
    pub email: String,
    /// The person's name.
    pub display_name: String,
    /// Offices.
    pub grants: BTreeSet<Grant>,
    /// Producers the person acts for.
    pub memberships: Vec<(ProducerId, MemberRole)>,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody in particular.
    Anonymous,
    /// A signed-in person.
    Person(Box<Person>),
    /// An integrator's key.
    ApiKey {
        /// The key.
        id: ApiKeyId,
        /// What it may do.
        scopes: BTreeSet<Scope>,
    },
    /// The service itself: command line, scheduled passes.
    System,
}

impl Actor {
    /// A stable name for journals: `person:ID`, `key:ID`, `system`, `anonymous`.
    pub fn principal(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Person(person) => format!("person:{}", person.id),
            Self::ApiKey { id, .. } => format!("key:{id}"),
            Self::System => "system".to_owned(),
        }
    }

    /// The account behind the actor.
    pub fn account(&self) -> Option<UserId> {
        if let Self::Person(person) = self { Some(person.id) } else { None }
    }

    /// The person who acts; keys and the service itself are none.
    pub fn person(&self) -> Result<&Person, Denied> {
        match self {
            Self::Person(person) => Ok(person),
            Self::Anonymous => Err(Denied::Unauthenticated),
            Self::ApiKey { .. } | Self::System => Err(Denied::Forbidden),
        }
    }

    /// Whether the actor holds an office.
    pub fn holds(&self, role: Role) -> bool {
        matches!(self, Self::Person(person) if person.grants.iter().any(|g| g.role == role))
    }
}

/// What is to be done. Where an action is on rows of a producer, the answer says on whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Read what is not public: drafts, hidden listings.
    ReadPrivate,
    /// Found a producer.
    RegisterProducer,
    /// Change a producer's own data.
    EditProducer,
    /// Invite and remove members.
    ManageMembers,
    /// Create and change products, variants and pictures.
    EditProduct,
    /// Create, submit, withdraw dossiers.
    EditDossier,
    /// See dossiers on their way.
    ReviewDossiers,
    /// Check dossiers for a commune: send back, report, forward.
    CheckDossiers,
    /// Work for the province's office: accept dossiers, assemble councils.
    ManageCouncils,
    /// Sit in a council: score, find, close.
    ScoreDossiers,
    /// Record decisions: approve, reject, revoke, reinstate.
    DecideRatings,
    /// Prepare and publish criteria sets.
    ManageRubrics,
    /// Read the decision log.
    ReadAudit,
    /// Read figures on dossiers and ratings.
    ReadStatistics,
    /// Hand files in.
    Upload,
    /// Create, change, publish listings.
    EditListing,
    /// Connect and manage channels, retry pushes.
    ManageChannels,
    /// Connect a channel of the province that carries every producer's listings.
    ManageProvinceChannels,
    /// Suspend and reinstate producers.
    SuspendProducers,
    /// Follow the change feed.
    ReadFeed,
    /// Create and revoke API keys.
    ManageApiKeys,
    /// Give and take offices.
    GrantRoles,
    /// Import and export in bulk.
    Import,
}

/// Which producers' rows an allowed action may touch. Goes into the WHERE clause of every statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Every row.
    All,
    /// Rows of these producers; possibly none.
    Producers(Vec<ProducerId>),
}

impl Reach {
    /// Whether a row of this producer is within reach.
    pub fn covers(&self, producer: ProducerId) -> bool {
        match self {
            Self::All => true,
            Self::Producers(ids) => ids.contains(&producer),
        }
    }
}

/// Which dossiers an actor may see. Goes into the WHERE clause of every statement on dossiers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DossierReach {
    /// Every dossier.
    pub all: bool,
    /// Those of these producers.
    pub producers: Vec<ProducerId>,
    /// Those that are or were with these communes.
    pub communes: Vec<String>,
    /// Those before a council in which this account sits.
    pub council: Option<UserId>,
}

/// The dossiers an actor may see: producers their own, communes those handed in to them, councils those put before them.
pub fn dossiers_in_reach(actor: &Actor) -> DossierReach {
    match actor {
        Actor::System => DossierReach { all: true, ..DossierReach::default() },
        Actor::Anonymous | Actor::ApiKey { .. } => DossierReach::default(),
        Actor::Person(person) => {
            let communes = person.grants.iter().filter(|g| g.role == Role::CommuneOfficer).filter_map(|g| g.commune_code.clone());
            DossierReach {
                all: actor.holds(Role::Admin),
                producers: person.memberships.iter().map(|(id, _)| *id).collect(),
                communes: communes.collect(),
                council: actor.holds(Role::CouncilMember).then_some(person.id),
            }
        }
    }
}

/// Why an action is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// Signed in, but not allowed.
    #[error("not allowed")]
    Forbidden,
}

/// The policy. Denial is the default: an action not named for an actor is refused.
pub fn permit(actor: &Actor, action: Action) -> Result<Reach, Denied> {
    match actor {
        Actor::System => Ok(Reach::All),
        Actor::Anonymous => anonymous(action),
        Actor::ApiKey { scopes, .. } => api_key(scopes, action),
        // Who holds several offices may what any of them may.
        Actor::Person(person) if actor.holds(Role::Admin) => admin(action).or_else(|denied| match action {
            Action::RegisterProducer => Err(denied),
            _ => member(actor, person, action),
        }),
        Actor::Person(person) => member(actor, person, action),
    }
}

fn anonymous(action: Action) -> Result<Reach, Denied> {
    if action == Action::ReadPrivate { Ok(Reach::Producers(Vec::new())) } else { Err(Denied::Unauthenticated) }
}

fn api_key(scopes: &BTreeSet<Scope>, action: Action) -> Result<Reach, Denied> {
    match action {
        Action::ReadFeed if scopes.contains(&Scope::FeedRead) => Ok(Reach::All),
        Action::ReadPrivate => Ok(Reach::Producers(Vec::new())),
        _ => Err(Denied::Forbidden),
    }
}

fn admin(action: Action) -> Result<Reach, Denied> {
    match action {
        // Admins decide, producers apply; other offices are held beside this one, not contained in it.
        Action::RegisterProducer | Action::EditDossier => Err(Denied::Forbidden),
        Action::CheckDossiers | Action::ScoreDossiers => Err(Denied::Forbidden),
        _ => Ok(Reach::All),
    }
}

fn member(actor: &Actor, person: &Person, action: Action) -> Result<Reach, Denied> {
    let of = |wanted: fn(MemberRole) -> bool| {
        let ids: Vec<_> = person.memberships.iter().filter(|(_, role)| wanted(*role)).map(|(id, _)| *id).collect();
        if ids.is_empty() { Err(Denied::Forbidden) } else { Ok(Reach::Producers(ids)) }
    };
    match action {
        Action::ReadPrivate => Ok(Reach::Producers(person.memberships.iter().map(|(id, _)| *id).collect())),
        Action::RegisterProducer => Ok(Reach::Producers(Vec::new())),
        Action::EditProduct | Action::EditDossier | Action::EditListing => of(|_| true),
        Action::EditProducer | Action::ManageMembers | Action::ManageChannels => of(|role| role == MemberRole::Owner),
        Action::Upload => Ok(Reach::Producers(Vec::new())),
        Action::ReviewDossiers if actor.holds(Role::CommuneOfficer) || actor.holds(Role::CouncilMember) => Ok(Reach::All),
        Action::CheckDossiers if actor.holds(Role::CommuneOfficer) => Ok(Reach::All),
        Action::ScoreDossiers if actor.holds(Role::CouncilMember) => Ok(Reach::All),
        _ => Err(Denied::Forbidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn person(grants: &[Role], memberships: &[(u128, MemberRole)]) -> Actor {
        Actor::Person(Box::new(Person {
            id: Uuid::from_u128(1).into(),
            session: None,
            email: String::new(),
            display_name: String::new(),
            grants: grants.iter().map(|role| Grant { role: *role, commune_code: None }).collect(),
            memberships: memberships.iter().map(|(id, role)| (Uuid::from_u128(*id).into(), *role)).collect(),
        }))
    }

    fn reach(ids: &[u128]) -> Result<Reach, Denied> {
        Ok(Reach::Producers(ids.iter().map(|id| Uuid::from_u128(*id).into()).collect()))
    }

    const ACTIONS: [Action; 23] = [
        Action::ReadPrivate,
        Action::RegisterProducer,
        Action::EditProducer,
        Action::ManageMembers,
        Action::EditProduct,
        Action::EditDossier,
        Action::ReviewDossiers,
        Action::CheckDossiers,
        Action::ManageCouncils,
        Action::ScoreDossiers,
        Action::DecideRatings,
        Action::ManageRubrics,
        Action::ReadAudit,
        Action::ReadStatistics,
        Action::Upload,
        Action::EditListing,
        Action::ManageChannels,
        Action::ManageProvinceChannels,
        Action::SuspendProducers,
        Action::ReadFeed,
        Action::ManageApiKeys,
        Action::GrantRoles,
        Action::Import,
    ];

    #[test]
    fn anonymous_may_only_read_what_is_public() {
        for action in ACTIONS {
            let expected = if action == Action::ReadPrivate { reach(&[]) } else { Err(Denied::Unauthenticated) };
            assert_eq!(permit(&Actor::Anonymous, action), expected, "{action:?}");
        }
    }

    #[test]
    fn members_reach_their_own_producers() {
        let actor = person(&[], &[(7, MemberRole::Owner), (8, MemberRole::Editor)]);
        for (action, expected) in [
            (Action::ReadPrivate, reach(&[7, 8])),
            (Action::RegisterProducer, reach(&[])),
            (Action::EditProduct, reach(&[7, 8])),
            (Action::EditDossier, reach(&[7, 8])),
            (Action::EditListing, reach(&[7, 8])),
            (Action::EditProducer, reach(&[7])),
            (Action::ManageMembers, reach(&[7])),
            (Action::ManageChannels, reach(&[7])),
            (Action::DecideRatings, Err(Denied::Forbidden)),
            (Action::ReviewDossiers, Err(Denied::Forbidden)),
            (Action::ManageProvinceChannels, Err(Denied::Forbidden)),
            (Action::ReadFeed, Err(Denied::Forbidden)),
            (Action::ManageApiKeys, Err(Denied::Forbidden)),
            (Action::GrantRoles, Err(Denied::Forbidden)),
            (Action::Import, Err(Denied::Forbidden)),
        ] {
            assert_eq!(permit(&actor, action), expected, "{action:?}");
        }
        assert_eq!(permit(&person(&[], &[]), Action::EditListing), Err(Denied::Forbidden));
    }

    #[test]
    fn admins_decide_but_do_not_apply() {
        let admin = person(&[Role::Admin], &[]);
        for action in ACTIONS {
            let refused = matches!(action, Action::RegisterProducer | Action::EditDossier | Action::CheckDossiers | Action::ScoreDossiers);
            assert_eq!(permit(&admin, action).is_err(), refused, "{action:?}");
        }
    }

    #[test]
    fn officers_and_council_review_without_deciding() {
        for role in [Role::CommuneOfficer, Role::CouncilMember] {
            let actor = person(&[role], &[]);
            for action in ACTIONS {
                let office = if role == Role::CommuneOfficer { Action::CheckDossiers } else { Action::ScoreDossiers };
                let allowed = matches!(action, Action::ReadPrivate | Action::RegisterProducer | Action::ReviewDossiers | Action::Upload);
                let allowed = allowed || action == office;
                assert_eq!(permit(&actor, action).is_ok(), allowed, "{role:?} {action:?}");
            }
        }
    }

    #[test]
    fn keys_follow_the_feed_within_their_scopes() {
        let key = |scopes: &[Scope]| Actor::ApiKey { id: Uuid::from_u128(9).into(), scopes: scopes.iter().copied().collect() };
        assert_eq!(permit(&key(&[Scope::FeedRead]), Action::ReadFeed), Ok(Reach::All));
        assert_eq!(permit(&key(&[]), Action::ReadFeed), Err(Denied::Forbidden));
        assert_eq!(permit(&key(&[Scope::FeedRead]), Action::ReadPrivate), reach(&[]));
        assert_eq!(permit(&key(&[Scope::FeedRead]), Action::EditListing), Err(Denied::Forbidden));
    }
}
