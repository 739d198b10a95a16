//! Administrative units of both eras. On 2025-07-01 districts were abolished and 10,035 communes became 3,321; codes were
//! used again for other places, so the key of a unit is its era and its code, never the code alone.

use crate::domain::{code::coded, fold};

coded! {
    /// Which map a code belongs to.
    Era {
        /// 63 provinces, districts, 10,035 communes.
        Before20250701 = "before_2025_07_01",
        /// 34 provinces, 3,321 communes, no districts.
        From20250701 = "from_2025_07_01",
    }
}

coded! {
    /// Levels of units that are kept.
    UnitLevel {
        /// Tỉnh, thành phố.
        Province = "PROVINCE",
        /// Xã, phường, thị trấn, đặc khu.
        Commune = "COMMUNE",
    }
}

/// A province or a commune of one era.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminUnit {
    /// Era.
    pub era: Era,
    /// Code with its leading zeros.
    pub code: String,
    /// Level.
    pub level: UnitLevel,
    /// Kind as the register spells it: `COMMUNE`, `WARD`, `TOWNSHIP`, `SPECIAL_ZONE`, `PROVINCE`, `MUNICIPALITY`.
    pub kind: String,
    /// Full name, for example `Xã Thông Nguyên`.
    pub name: String,
    /// Province of the same era; its own code for a province.
    pub province_code: String,
    /// Name of the district, for communes before 2025-07-01.
    pub district_name: Option<String>,
}

/// Where an old commune went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Successor {
    /// Code today.
    pub new_code: String,
    /// The part that a record without an address belongs to.
    pub is_default: bool,
    /// The old commune was split.
    pub divided: bool,
}

/// Why a name does not lead to one unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// No commune of that name.
    #[error("no commune of that name")]
    Unknown,
    /// Several; the district decides.
    #[error("several communes have that name; name one of the districts {}", districts.join(", "))]
    Ambiguous {
        /// Districts with a commune of that name.
        districts: Vec<String>,
    },
}

/// A name in the form in which spellings of one place agree: folded, without its kind word. The kind word is only dropped with
/// its own accents: `Quận 1` is a district, `Quản Bạ` is a name.
pub fn name_key(name: &str) -> String {
    const KINDS: [&str; 9] = ["đặc khu ", "thị trấn ", "thành phố ", "thị xã ", "phường ", "huyện ", "quận ", "tỉnh ", "xã "];
    let lower = fold::nfc(name).to_lowercase();
    let bare = KINDS.iter().find_map(|kind| lower.strip_prefix(kind)).unwrap_or(&lower);
    fold::fold(bare)
}

/// Picks the commune meant among those with one name. Without a district the name must be unique.
pub fn pick<'a>(candidates: &'a [AdminUnit], district: Option<&str>) -> Result<&'a AdminUnit, ResolveError> {
    let wanted = district.map(name_key);
    let fits = |unit: &&AdminUnit| wanted.is_none() || unit.district_name.as_deref().map(name_key) == wanted;
    let found: Vec<_> = candidates.iter().filter(fits).collect();
    match found.as_slice() {
        [] => Err(ResolveError::Unknown),
        [one] => Ok(one),
        many => {
            let mut districts: Vec<_> = many.iter().filter_map(|u| u.district_name.clone()).collect();
            districts.sort();
            Err(ResolveError::Ambiguous { districts })
        }
    }
}

/// The commune today of an old commune: its only successor, or the default part where it was split.
pub fn successor(parts: &[Successor]) -> Option<&Successor> {
    parts.iter().find(|p| p.is_default).or_else(|| parts.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old(code: &str, name: &str, district: &str) -> AdminUnit {
        AdminUnit {
            era: Era::Before20250701,
            code: code.into(),
            level: UnitLevel::Commune,
            kind: "COMMUNE".into(),
            name: name.into(),
            province_code: "02".into(),
            district_name: Some(district.into()),
        }
    }

    #[test]
    fn spellings_of_one_place_agree() {
        for (a, b) in [
            ("Xã Xuân Minh", "xuân minh"),
            ("Phường Hoà Bình", "Hòa Bình"),
            ("Thị trấn Sơn Dương", "Sơn Dương"),
            ("Huyện Đồng Văn", "ĐỒNG VĂN"),
            ("Thành phố Hà Giang", "Hà Giang"),
            ("Xã Quản Bạ", "Quản Bạ"),
            ("Xã Phương Độ", "Phương Độ"),
            ("Xã Xà Phiên", "xà phiên"),
        ] {
            assert_eq!(name_key(a), name_key(b), "{a} {b}");
        }
        assert_ne!(name_key("Xã Quản Bạ"), name_key("Xã Quảng Bạch"));
    }

    #[test]
    fn ambiguous_names_need_their_district() {
        let both = [old("00721", "Xã Tả Lủng", "Huyện Đồng Văn"), old("00805", "Xã Tả Lủng", "Huyện Mèo Vạc")];
        assert_eq!(pick(&both, None), Err(ResolveError::Ambiguous { districts: vec!["Huyện Mèo Vạc".into(), "Huyện Đồng Văn".into()] }));
        assert_eq!(pick(&both, Some("Mèo Vạc")).expect("one").code, "00805");
        assert_eq!(pick(&both, Some("Xín Mần")), Err(ResolveError::Unknown));
        assert_eq!(pick(&both[..1], None).expect("one").code, "00721");
        assert_eq!(pick(&[], None), Err(ResolveError::Unknown));
    }

    #[test]
    fn a_split_commune_goes_to_its_default_part() {
        let part = |code: &str, is_default| Successor { new_code: code.into(), is_default, divided: true };
        assert_eq!(successor(&[part("1", false), part("2", true)]).expect("some").new_code, "2");
        assert_eq!(successor(&[part("1", false)]).expect("some").new_code, "1");
        assert_eq!(successor(&[]), None);
    }
}
