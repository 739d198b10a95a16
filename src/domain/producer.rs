//! Producers (chủ thể OCOP) and the people who act for them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    code::coded,
    id::{InvitationId, ProducerId, UserId},
};

coded! {
    /// Who may take part in the programme (Decision 148/QĐ-TTg), and the forms that occur beside it.
    ProducerKind {
        /// Hợp tác xã (HTX).
        Cooperative = "COOPERATIVE",
        /// Tổ hợp tác (THT); no legal personality.
        CooperativeGroup = "COOPERATIVE_GROUP",
        /// Doanh nghiệp.
        Enterprise = "ENTERPRISE",
        /// Hộ kinh doanh.
        HouseholdBusiness = "HOUSEHOLD_BUSINESS",
        /// Trang trại.
        Farm = "FARM",
        /// A village, a management board, or unknown.
        Other = "OTHER",
    }
}

coded! {
    /// Whether a producer may sell through the catalog.
    ProducerStatus {
        /// In good standing.
        Active = "ACTIVE",
        /// Stopped by an admin: none of its listings is visible.
        Suspended = "SUSPENDED",
    }
}

coded! {
    /// What a member may do for a producer.
    MemberRole {
        /// Everything, including members and channels.
        Owner = "OWNER",
        /// Products, dossiers and listings.
        Editor = "EDITOR",
    }
}

/// A producer as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Producer {
    /// Identity.
    pub id: ProducerId,
    /// Stable handle for addresses.
    pub slug: String,
    /// The key of the system it was imported from.
    pub external_key: Option<String>,
    /// Legal name, NFC.
    pub legal_name: String,
    /// Name shown to buyers, NFC.
    pub display_name: String,
    /// Legal form.
    pub kind: ProducerKind,
    /// Enterprise code (mã số thuế), 10 or 13 digits; cooperative groups and households may have none.
    pub tax_code: Option<String>,
    /// Commune of today.
    pub commune_code: Option<String>,
    /// Commune before 2025-07-01, as its source names it.
    pub legacy_commune_code: Option<String>,
    /// Street or hamlet.
    pub address: Option<String>,
    /// Telephone, for members and admins.
    pub phone: Option<String>,
    /// E-mail, for members and admins.
    pub email: Option<String>,
    /// The story told to buyers, plain text.
    pub story: Option<String>,
    /// Standing.
    pub status: ProducerStatus,
    /// Optimistic lock.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A person who acts for a producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The producer.
    pub producer_id: ProducerId,
    /// The person.
    pub account_id: UserId,
    /// The person's name.
    pub display_name: String,
    /// The person's e-mail.
    pub email: String,
    /// What the person may do.
    pub role: MemberRole,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// An invitation that its addressee has not accepted, or has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Identity.
    pub id: InvitationId,
    /// The producer.
    pub producer_id: ProducerId,
    /// To whom; only an account with this e-mail may accept.
    pub email: String,
    /// The role it gives.
    pub role: MemberRole,
    /// When it was accepted.
    pub accepted_at: Option<DateTime<Utc>>,
}

impl Invitation {
    /// The identity as a plain UUID, for journals.
    pub fn object(&self) -> Uuid {
        self.id.0
    }
}

/// Checks the shape of a Vietnamese tax code: 10 digits, or 13 as `NNNNNNNNNN-NNN` (a branch); spaces are dropped.
pub fn parse_tax_code(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (head, branch) = compact.split_once('-').unwrap_or((&compact, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let valid = head.len() == 10 && digits(head) && (branch.is_empty() && !compact.contains('-') || branch.len() == 3 && digits(branch));
    valid.then_some(compact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_codes() {
        for (text, expected) in [
            ("5100234567", Some("5100234567")),
            (" 5100 234 567 ", Some("5100234567")),
            ("5100234567-001", Some("5100234567-001")),
            ("5100234567-", None),
            ("5100234567-01", None),
            ("510023456", None),
            ("51002345678", None),
            ("510023456x", None),
            ("", None),
        ] {
            assert_eq!(parse_tax_code(text).as_deref(), expected, "{text:?}");
        }
    }
}
