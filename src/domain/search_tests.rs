//! What rows hold and what queries ask for.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Query {
    Query::read(text).expect("is short enough").expect("is not blank")
}

fn folded(query: &Query) -> Vec<Vec<&str>> {
    query.terms.iter().map(|t| t.forms.iter().map(|f| f.folded.as_str()).collect()).collect()
}

#[test]
fn rows_hold_their_fields_in_order_and_each_word_once() {
    let found = Findable::of(&["Mật ong Bạc hà", "HTX Mật ong", "Lũng Cú", "Hoà tan"]);
    assert_eq!(found.folded, " mat ong bac ha | htx ~ lung cu ^ hoa tan ");
    assert_eq!(found.exact, " mật ong bạc hà | htx ~ lũng cú ^ hòa tan ");
    assert_eq!(Findable::of(&["Cà Ca"]).folded, " ca ca | ~ ^ ", "words with other accents are other words");
    assert_eq!(Findable::of(&["a|b~c^ \u{0}'%_"]).folded, " a b c | ~ ^ ");
    assert_eq!(Findable::of(&["Ðồng Ɖ"]).exact, " đồng đ | ~ ^ ");
    assert_eq!(Findable::of(&[&"x1 ".repeat(3), &"y ".repeat(900)]).folded, " x1 | y ~ ^ ");
    let long: Vec<String> = (0..1000).map(|n| format!("w{n}")).collect();
    assert!(Findable::of(&["a", "", "", &long.join(" ")]).folded.len() < 1000);
    assert_eq!(Findable::of(&[&"z".repeat(5000)]).folded.len(), 48);
    assert_eq!(found.vocabulary().collect::<Vec<_>>(), ["mat", "ong", "bac", "ha", "htx", "lung", "cu", "hoa", "tan"]);
}

#[test]
fn queries_are_words_in_all_their_spellings() {
    let query = read("Quý  HOÀ cá");
    assert_eq!(folded(&query), [vec!["quy", "qui"], vec!["hoa"], vec!["ca"]]);
    assert_eq!(query.terms[1].forms[0].exact, "hòa");
    assert!(query.has_accents && !read("hoa").has_accents && read("đ").has_accents);
    let prefixes: Vec<_> = query.terms.iter().map(|t| t.forms[0].is_prefix).collect();
    assert_eq!(prefixes, [false, false, true], "only the last word may go on");
    assert!(!read("ly").terms[0].forms[1].is_prefix, "the other spelling of a word that goes on would find too much");
}

#[test]
fn queries_are_bounded() {
    for blank in ["", "  ", "\t\n", "\u{3000}"] {
        assert_eq!(Query::read(blank), Ok(None), "{blank:?}");
    }
    for signs in ["%", "🍯", "' \" *", "\u{0}", "\u{301}"] {
        assert_eq!(read(signs).terms, [], "{signs:?} is no word, so it finds nothing");
    }
    assert_eq!(Query::read(&"x".repeat(201)), Err(QueryError::TooLong));
    assert_eq!(Query::read(&"x ".repeat(11)), Err(QueryError::TooManyWords));
    assert_eq!(read(&"x ".repeat(10)).terms.len(), 10);
    assert_eq!(folded(&read("a & b | c:* NEAR( '; DROP")), [["a"], ["b"], ["c"], ["near"], ["drop"]]);
}

#[test]
fn keystrokes_are_read_word_by_word() {
    assert_eq!(folded(&read("dduwowngf thots").untelexed().expect("telex")), [["duong"], ["thot"]]);
    assert_eq!(read("cam canh").untelexed(), None);
}

#[test]
fn misspelt_words_have_close_ones() {
    let vocabulary: Vec<String> = ["mam", "mat", "ca", "loc", "lac", "ruou", "thuong", "xanh"].map(str::to_owned).to_vec();
    let known = |text: &str| -> Vec<bool> {
        read(text).terms.iter().map(|term| !term.is_word() || vocabulary.contains(&term.forms[0].folded)).collect()
    };
    let respelt = |text: &str| read(text).respellings(&known(text), &vocabulary, 3);
    let all =
        |text: &str| respelt(text).iter().map(|query| folded(query).iter().map(|f| f.join("/")).collect::<Vec<_>>().join(" ")).collect();
    let table: [(&str, &[&str]); 18] = [
        ("mam ca lok", &["mam ca loc"]),
        ("thuogn", &["thuong"]),
        ("mam laoc", &["mam lac/loc"]),
        // Numbers and single letters are what they are, and make nothing certain.
        ("xanhh 100 g", &["xanh 100 g"]),
        ("100 mam lok", &["100 mam loc"]),
        ("lok 100", &[]),
        // Each word exists, but not together: one of them was meant otherwise, the longest first.
        ("thuong mam lac", &["thuong mat lac", "thuong mam loc"]),
        ("thuong mam", &[]),
        ("ruou 500", &[]),
        ("xyz", &[]),
        ("mắm lók", &[]),
        ("mắm lok", &["mam loc"]),
        ("mam xyz", &[]),
        ("l", &[]),
        ("lok", &[]),
        ("mab lok", &[]),
        ("huong", &[]),
        ("%", &[]),
    ];
    for (typed, expected) in table {
        let found: Vec<String> = all(typed);
        assert_eq!(found, expected, "{typed}");
    }
    let hidden = read("thuong").respellings(&[false], &vocabulary, 3);
    assert_eq!(hidden, [], "a word of the vocabulary that may not be seen is no answer to itself");
    assert_eq!(read("ab thuong").near(&[true, false]), [('t', 5, 7)]);
    assert_eq!(read("mam thuongg").near(&[true, true]), [('t', 5, 9), ('m', 2, 4)]);
    assert_eq!(read("100").near(&[true]), []);
}

#[test]
fn what_was_meant_is_told_with_accents() {
    let row = Findable::of(&["Mắm cá lóc Đủ đu Sơn Dương ngâm đường"]);
    let vocabulary: Vec<String> = row.vocabulary().map(str::to_owned).collect();
    let respelt = read("mam ca lok").respellings(&[true, true, false], &vocabulary, 3);
    assert_eq!(row.meant(&respelt[0]).as_deref(), Some("mắm cá lóc"));
    assert_eq!(row.meant(&read("chè")), None);
    for (typed, meant) in
        [("dduwowngf", "đường"), ("dduowngf", "dương"), ("ddu ddur", "đu đủ"), ("dduwowng", "dương"), ("sown dduw", "sơn đường")]
    {
        assert_eq!(row.meant(&read(typed).untelexed().expect("telex")).as_deref(), Some(meant), "{typed}");
    }
}

#[test]
fn the_last_word_may_be_unfinished() {
    for (typed, is_prefix) in [("m", false), ("ma", true), ("mat o", true), ("mat 1", true), ("o mat", true)] {
        let query = read(typed);
        let last = query.terms.last().expect("a word");
        assert_eq!(last.forms[0].is_prefix, is_prefix, "{typed}");
        assert!(query.terms.iter().rev().skip(1).all(|term| !term.forms[0].is_prefix), "{typed}");
    }
}

#[test]
fn invisible_signs_are_no_part_of_a_word() {
    for copied in ["m\u{ad}ật", "mật\u{200d}", "\u{feff}mật", "mậ\u{2060}t"] {
        assert_eq!(read(copied).terms, read("mật").terms, "{copied:?}");
        assert_eq!(Findable::of(&[copied]), Findable::of(&["mật"]), "{copied:?}");
    }
    assert_eq!(folded(&read("mật\u{200b}ong")), [["mat"], ["ong"]], "a space without width is a space");
}

proptest! {
    #[test]
    fn both_texts_have_the_same_words(fields in proptest::collection::vec(any::<String>(), 0..5)) {
        let parts: Vec<&str> = fields.iter().map(String::as_str).collect();
        let found = Findable::of(&parts);
        prop_assert_eq!(found.folded.split(' ').count(), found.exact.split(' ').count());
        prop_assert!(!found.folded.contains("  ") && !found.folded.contains(['%', '_', '\\', '\'', '"', '\0']));
    }

    #[test]
    fn a_row_is_found_by_each_of_its_words(text: String) {
        let row = Findable::of(&[&text]);
        for word in text.split_whitespace().take(20) {
            if let Ok(Some(query)) = Query::read(word) {
                for term in query.terms {
                    let known = row.folded.split(' ').count() > 100 || term.forms.iter().any(|f| row.folded.contains(&format!(" {}", f.folded)));
                    prop_assert!(known, "{word:?} in {:?}", row.folded);
                }
            }
        }
    }

    #[test]
    fn queries_hold_nothing_that_an_engine_reads(text: String) {
        if let Ok(Some(query)) = Query::read(&text) {
            for form in query.terms.iter().flat_map(|t| &t.forms) {
                prop_assert!(!form.folded.is_empty() && form.folded.chars().all(char::is_alphanumeric), "{:?}", form);
                prop_assert!(form.exact.chars().all(|c| c.is_alphanumeric() || is_combining_mark(c)), "{:?}", form);
            }
        }
    }
}
