//! What nobody asked for, and so is not read.

use crate::store::Db;

/// Names the parts of rows that may be left out, in the order of their bits.
macro_rules! parts {
    ($($(#[$doc:meta])* $part:ident),+ $(,)?) => {
        /// What nobody asked for: it is not read, and comes back empty. Nothing is left out by default.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Unasked {
            $($(#[$doc])* pub $part: bool),+
        }

        impl Unasked {
            /// All that can be left out.
            pub const EVERYTHING: Self = Self { $($part: true),+ };

            pub(super) fn bits(self) -> i32 {
                [$(self.$part),+].iter().rev().fold(0, |bits, part| bits << 1 | i32::from(*part))
            }

            pub(super) fn of_bits(mut bits: i32) -> Self {
                let mut next = || {
                    let part = bits & 1 == 1;
                    bits >>= 1;
                    part
                };
                Self { $($part: next()),+ }
            }
        }
    };
}

parts! {
    /// Keys of other systems.
    keys,
    /// Handles for addresses.
    slugs,
    /// Titles of listings.
    titles,
    /// Names of products and administrative units.
    names,
    /// Names of producers that buyers see.
    display_names,
    /// Legal names of producers.
    legal_names,
    /// Descriptions of products.
    descriptions,
    /// Seasons of products.
    seasons,
    /// Codes of communes.
    communes,
    /// Provinces and districts of communes.
    provinces,
    /// Addresses, telephones, stories and tax codes of producers.
    contacts,
    /// Addresses of pictures.
    urls,
    /// What pictures show.
    alts,
    /// SKUs and GTINs of variants.
    codes,
    /// Weights of variants.
    weights,
    /// Stock, smallest order and period of listings.
    offers,
    /// Stars of listings.
    stars,
    /// Groups.
    groups,
    /// Scores of ratings.
    scores,
    /// Numbers of certificates.
    certificates,
    /// Why ratings were withdrawn.
    withdrawals,
    /// Who decided on ratings, when and under which number.
    decisions,
    /// Versions and times beside those by which lists are sorted.
    stamps,
    /// By what titles and names are sorted.
    sort_names,
}

/// A database of whose rows what nobody asked for is not read. Only for rows that are shown: whoever decides by a row reads all of it.
pub struct Sparing<'a, D> {
    db: &'a D,
    unasked: Unasked,
}

impl<'a, D: Db> Sparing<'a, D> {
    /// Leaves these out.
    pub const fn new(db: &'a D, unasked: Unasked) -> Self {
        Self { db, unasked }
    }
}

impl<D: Db> Db for Sparing<'_, D> {
    type Connection = D::Connection;

    fn connection(&self) -> &D::Connection {
        self.db.connection()
    }

    fn unasked(&self) -> Unasked {
        self.unasked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_it_leaves_out() {
        assert_eq!(Unasked::default().bits(), 0);
        assert_eq!(Unasked { keys: true, titles: true, ..Unasked::default() }.bits(), 0b101);
        let everything = Unasked::EVERYTHING.bits();
        assert!(everything.count_ones() < i32::BITS, "it is kept in a column of 32 bits with a sign");
        for shift in 0..everything.count_ones() {
            for bits in [1 << shift, everything ^ (1 << shift)] {
                assert_eq!(Unasked::of_bits(bits).bits(), bits);
            }
        }
    }
}
