//! Search: found in any spelling of the accents, the same on both engines.

use ocop_catalog::service;
use sea_orm::{ConnectionTrait, Database as Sea};
use serde_json::{Value, json};

use crate::harness::{Caller, OnSale, Seller, World, both, text};

both! {
    async fn accents_never_hide_a_listing(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        for name in ["Đường thốt nốt", "Nước mắm cá lóc đồng", "Cà phê hoà tan", "Rượu ngô", "Khăn thêu 100% lanh", "A_b"] {
            world.on_sale(&seller, &admin, name).await;
        }
        let anyone = world.anyone();
        for (search, expected) in [
            ("duong", vec!["Đường thốt nốt"]),
            ("ĐƯỜNG", vec!["Đường thốt nốt"]),
            ("Đường thốt nốt", vec!["Đường thốt nốt"]),
            ("nuoc mam", vec!["Nước mắm cá lóc đồng"]),
            ("mam nuoc", vec!["Nước mắm cá lóc đồng"]),
            ("hoa tan", vec!["Cà phê hoà tan"]),
            ("hòa tan", vec!["Cà phê hoà tan"]),
            ("ruou", vec!["Rượu ngô"]),
            ("ca", vec!["Cà phê hoà tan", "Nước mắm cá lóc đồng"]),
            ("%", vec![]),
            ("100", vec!["Khăn thêu 100% lanh"]),
            ("a_b", vec!["A_b"]),
            ("' OR 1=1 --", vec![]),
            ("a & b | c:*", vec![]),
            ("không có", vec![]),
        ] {
            let query = "query($s: String) { listings(search: $s, orderBy: { field: TITLE }) { nodes { title } } }";
            let found = anyone.data(query, json!({ "s": search })).await;
            let titles: Vec<_> = found["listings"]["nodes"].as_array().expect("rows").iter().map(|n| text(&n["title"]).replace(" 500 g", "")).collect();
            assert_eq!(titles, expected, "{search}");
        }
        let by_place = anyone.data("{ listings(search: \"thong nguyen\") { nodes { id } } }", json!({})).await;
        assert_eq!(by_place["listings"]["nodes"].as_array().map(Vec::len), Some(6), "the producer's commune is searched too");
    }
}

const FOUND: &str = "query($s: String, $f: ListingFilter, $o: ListingOrder, $n: Int, $a: String) {
    listings(search: $s, filter: $f, orderBy: $o, first: $n, after: $a) {
        matchMode didYouMean emptyHints { field listings { value isExact } message }
        totalCount { value } pageInfo { hasNextPage endCursor } nodes { title }
    }
}";

async fn found(caller: &Caller, variables: Value) -> (Value, Vec<String>) {
    let list = caller.data(FOUND, variables).await["listings"].clone();
    let titles = list["nodes"].as_array().expect("rows").iter().map(|n| text(&n["title"]).replace(" 500 g", "")).collect();
    (list, titles)
}

/// A product on sale with as many stars; the clock goes on so that ids are in the order of time.
async fn rated(world: &World, (seller, admin): (&Seller, &Caller), name: &str, stars: u8) -> OnSale {
    world.clock.set(world.clock.now() + chrono::Duration::milliseconds(1));
    let product = seller.product(name).await;
    let rating = world.approve(admin, &seller.dossier(&product).await, stars).await;
    let listing = seller.listing(&product, 185_000).await;
    seller.publish(&listing).await;
    OnSale { product, rating, listing }
}

both! {
    /// Accents, whole words, fields, stars, age; read in pages of any size the list is the same.
    async fn the_best_come_first(world: World) {
        let (admin, seller, other) = (world.admin().await, world.seller("Cá Sông Lô").await, world.seller("Hoa").await);
        for (seller, name, stars) in [
            (&other, "Cà phê", 4), (&seller, "Măng khô", 4), (&other, "Cá bống", 3), (&other, "Cá chép", 4), (&other, "Cá lăng", 3),
            (&other, "Cam sành", 4), (&other, "Canh chua cá", 4), (&other, "Chè", 4), (&other, "Ca cao", 3),
        ] {
            rated(&world, (seller, &admin), name, stars).await;
        }
        let anyone = world.anyone();
        let (_, accented) = found(&anyone, json!({ "s": "cá" })).await;
        assert_eq!(accented, ["Canh chua cá", "Cá chép", "Cá lăng", "Cá bống", "Măng khô", "Cà phê", "Ca cao", "Cam sành"]);
        let (_, plain) = found(&anyone, json!({ "s": "ca" })).await;
        assert_eq!(plain, ["Canh chua cá", "Cá chép", "Cà phê", "Ca cao", "Cá lăng", "Cá bống", "Măng khô", "Cam sành"]);
        // While somebody types: whole words, then words that begin so, whichever way a page of them is found.
        let (_, begun) = found(&anyone, json!({ "s": "ch", "n": 100 })).await;
        assert_eq!(begun, ["Chè", "Canh chua cá", "Cá chép"].map(str::to_owned));
        let (_, second) = found(&anyone, json!({ "s": "cá c", "n": 100 })).await;
        assert_eq!(second, accented[..7], "one letter of a further word, which each `cá` begins with too");
        for (search, whole) in [("cá", &accented), ("ca", &plain), ("ch", &begun), ("cá c", &second)] {
            for size in 1..=8 {
                let (mut read, mut after) = (Vec::new(), Value::Null);
                loop {
                    let (page, titles) = found(&anyone, json!({ "s": search, "n": size, "a": after })).await;
                    read.extend(titles);
                    after = page["pageInfo"]["endCursor"].clone();
                    if page["pageInfo"]["hasNextPage"] != true { break }
                }
                assert_eq!(&read, whole, "{search} by {size}");
            }
        }
        let (_, cheap) = found(&anyone, json!({ "s": "ca", "o": { "field": "TITLE" } })).await;
        assert_eq!(cheap, ["Cá bống", "Ca cao", "Cá chép", "Cá lăng", "Cà phê", "Cam sành", "Canh chua cá", "Măng khô"], "the dictionary's order");
    }
}

both! {
    /// What anybody may not see is not betrayed: no hit, no count, no suggestion, no word that was meant.
    async fn hidden_words_stay_hidden(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        world.on_sale(&seller, &admin, "Rượu ngô").await;
        let secret = seller.product("Zymurgie bí truyền").await;
        seller.listing(&secret, 90_000).await;
        let anyone = world.anyone();
        for search in ["zymurgie", "zymurgi", "zymurgei", "bí truyền", "zymurgie ngo"] {
            let (list, titles) = found(&anyone, json!({ "s": search })).await;
            assert_eq!((titles.len(), &list["didYouMean"], &list["totalCount"]["value"]), (0, &Value::Null, &json!(0)), "{search}");
            let more = "query($s: String!) { suggest(prefix: $s) { text } listings(search: $s) { facets { groups { count } stars { count } } } }";
            let more = anyone.data(more, json!({ "s": search })).await;
            assert_eq!(more, json!({ "suggest": [], "listings": { "facets": { "groups": [], "stars": [] } } }), "{search}");
        }
        let (own, titles) = found(&seller.caller, json!({ "s": "zymurgei" })).await;
        assert_eq!((titles, &own["didYouMean"], &own["matchMode"]), (vec!["Zymurgie bí truyền".to_owned()], &json!("zymurgie"), &json!("FUZZY")));
    }
}

both! {
    /// A slip is mended whatever the catalog has known before, beside numbers too, and where it is itself a word.
    async fn slips_are_mended(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        for name in ["Mật ong", "Trà xanh hộp 100", "Cam sành Hàm Yên", "Gà san hô"] {
            world.on_sale(&seller, &admin, name).await;
        }
        let (anyone, ogn) = (world.anyone(), world.on_sale(&seller, &admin, "Ogn mật").await);
        let (list, titles) = found(&anyone, json!({ "s": "mat ogn" })).await;
        assert_eq!((titles, &list["matchMode"]), (vec!["Ogn mật".to_owned()], &json!("WORDS")), "a word as long as it can be seen");
        seller.caller.done("mutation($id: ID!) { listingUnpublish(id: $id) { userErrors { code path } } }", json!({ "id": ogn.listing })).await;
        for (search, meant, expected) in [
            ("mat ogn", "mật ong", "Mật ong"),
            ("tra xanhh hop 100", "trà xanh hộp 100", "Trà xanh hộp 100"),
            ("100 tra xanhh", "100 trà xanh", "Trà xanh hộp 100"),
            ("cam san ham yen", "cam sành hàm yên", "Cam sành Hàm Yên"),
            ("cam samh yen", "cam sành yên", "Cam sành Hàm Yên"),
        ] {
            let (list, titles) = found(&anyone, json!({ "s": search })).await;
            assert_eq!((titles, &list["matchMode"], &list["didYouMean"]), (vec![expected.to_owned()], &json!("FUZZY"), &json!(meant)), "{search}");
        }
        for search in ["tra 200", "ga cam", "xanhhh 1000"] {
            let (list, titles) = found(&anyone, json!({ "s": search })).await;
            assert_eq!((titles.len(), &list["matchMode"], &list["didYouMean"]), (0, &json!("WORDS"), &Value::Null), "{search}");
        }
    }
}

both! {
    /// A filter that is the cause is named; words that exist are not taken for others because of a filter.
    async fn empty_lists_say_why(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        world.on_sale(&seller, &admin, "Rượu ngô").await;
        world.on_sale(&seller, &admin, "Trà xanh").await;
        let anyone = world.anyone();
        let (list, _) = found(&anyone, json!({ "s": "ruou", "f": { "stars": { "gte": 5 } } })).await;
        let hint = json!([{ "field": "stars", "listings": { "value": 1, "isExact": true },
            "message": "Nothing fits because of the stars; leave it out to see other listings." }]);
        assert_eq!((&list["emptyHints"], &list["matchMode"]), (&hint, &json!("WORDS")));
        let (list, _) = found(&anyone, json!({ "s": "rượu ngô", "f": { "group": ["DRINK"], "price": { "lte": 1 } } })).await;
        let hint = json!([{ "field": "filter", "listings": { "value": 1, "isExact": true },
            "message": "Nothing fits because of all the conditions of the filter together; leave it out to see other listings." }]);
        assert_eq!(list["emptyHints"], hint, "neither condition alone is the cause");
        let (list, _) = found(&anyone, json!({ "s": "khong co", "f": { "group": ["DRINK"], "price": { "lte": 1 } } })).await;
        assert_eq!(list["emptyHints"], json!([]), "nothing would help alone: the words are not there either");
        let (list, _) = found(&anyone, json!({ "f": { "season": [3] } })).await;
        assert_eq!((&list["emptyHints"][0]["field"], &list["emptyHints"][0]["listings"]["value"]), (&json!("season"), &json!(2)));
        let (list, titles) = found(&anyone, json!({ "s": "ruou" })).await;
        assert_eq!((&list["emptyHints"], titles.len()), (&json!([]), 1));
        let (list, _) = found(&anyone, json!({ "s": "khong co gi ca" })).await;
        assert_eq!((&list["emptyHints"][0]["field"], &list["didYouMean"]), (&json!("search"), &Value::Null));
    }
}

both! {
    /// Facets count what the filter leaves, and filters on the same fields leave what the facets counted.
    async fn facets_count_what_the_filter_leaves(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        let honey = rated(&world, (&seller, &admin), "Mật ong", 4).await;
        rated(&world, (&seller, &admin), "Mật mía", 3).await;
        rated(&world, (&seller, &admin), "Trà xanh", 3).await;
        let season = "mutation($id: ID!, $v: Int!) { productUpdate(id: $id, expectedVersion: $v, input: { seasonMonths: [11, 12] }) { userErrors { code path } } }";
        let version = seller.caller.data("query($id: ID!) { product(by: { id: $id }) { version } }", json!({ "id": honey.product })).await["product"]["version"].clone();
        seller.caller.done(season, json!({ "id": honey.product, "v": version })).await;
        let papers = "mutation($id: ID!, $i: ProductCertificationsInput!) { productCertificationsSet(id: $id, input: $i) { userErrors { code path } } }";
        let given = [json!({ "kind": "VIETGAP", "issuedOn": "2025-01-01", "expiresOn": "2027-01-01" }), json!({ "kind": "HACCP", "expiresOn": "2026-01-01" })];
        seller.caller.done(papers, json!({ "id": honey.product, "i": { "certifications": given } })).await;
        seller.set_price(&honey.listing, 50_000).await;
        let facets = "query($s: String, $f: ListingFilter) { listings(search: $s, filter: $f) { totalCount { value } facets {
            groups { group count } stars { stars count } communes { commune { code } count } producerKinds { kind count }
            prices { from { amount } below { amount } count } seasons { month count } certifications { kind count } } } }";
        let anyone = world.anyone();
        let all = anyone.data(facets, json!({ "s": "mat" })).await["listings"].clone();
        assert_eq!(all["facets"], json!({
            "groups": [{ "group": "FOOD", "count": 2 }],
            "stars": [{ "stars": 4, "count": 1 }, { "stars": 3, "count": 1 }],
            "communes": [{ "commune": { "code": "01090" }, "count": 2 }],
            "producerKinds": [{ "kind": "COOPERATIVE", "count": 2 }],
            "prices": [
                { "from": { "amount": "50000" }, "below": { "amount": "100000" }, "count": 1 },
                { "from": { "amount": "100000" }, "below": { "amount": "200000" }, "count": 1 },
            ],
            "seasons": [{ "month": 11, "count": 1 }, { "month": 12, "count": 1 }],
            "certifications": [{ "kind": "VIETGAP", "count": 1 }],
        }));
        for (filter, expected) in [
            (json!({ "season": [11] }), 1), (json!({ "season": [1] }), 0), (json!({ "season": [1, 12] }), 1), (json!({ "certification": ["VIETGAP", "ISO_22000"] }), 1),
            (json!({ "certification": ["HACCP"] }), 0), (json!({ "producerKind": ["COOPERATIVE"] }), 3), (json!({ "producerKind": ["FARM"] }), 0),
            (json!({ "stars": { "lte": 3 }, "commune": ["01090"], "group": ["FOOD"] }), 2),
        ] {
            let (list, titles) = found(&anyone, json!({ "f": filter })).await;
            assert_eq!((titles.len(), &list["totalCount"]["value"]), (expected, &json!(expected)), "{filter}");
        }
        for (query, path) in [("{ listings(filter: { season: [13] }) { nodes { id } } }", "listings"), ("{ suggest(prefix: \"a\", first: 0) { text } }", "suggest")] {
            assert_eq!(anyone.send(query, Value::Null).await.body["errors"][0]["path"], json!([path]));
        }
    }
}

both! {
    /// Completion: products that can be seen, each once, from two letters on, one after another word; what was meant, when nothing is.
    async fn what_is_typed_is_completed(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        for name in ["Mật ong bạc hà", "Mật mía", "Trà xanh"] {
            rated(&world, (&seller, &admin), name, 4).await;
        }
        let anyone = world.anyone();
        for (prefix, first, expected) in [("mậ", 8, vec!["Mật mía", "Mật ong bạc hà"]), ("mat on", 8, vec!["Mật ong bạc hà"]), ("ma", 1, vec!["Mật mía"]), ("m", 8, vec![]),
            ("mật o", 8, vec!["Mật ong bạc hà"]), ("tra x", 8, vec!["Trà xanh"]), ("maatj mi", 8, vec!["Mật mía"]), ("xanhh", 8, vec!["Trà xanh"]), (" ", 8, vec![]), ("%", 8, vec![])] {
            let query = "query($p: String!, $n: Int!) { suggest(prefix: $p, first: $n) { text product { slug } } }";
            let found = anyone.data(query, json!({ "p": prefix, "n": first })).await;
            let texts: Vec<_> = found["suggest"].as_array().expect("rows").iter().map(|s| text(&s["text"])).collect();
            assert_eq!(texts, expected, "{prefix}");
        }
    }
}

both! {
    /// A change of a name, of the maker's name or of a place is found at once.
    async fn new_words_are_found_and_old_ones_are_not(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        let sale = world.on_sale(&seller, &admin, "Rượu ngô").await;
        let title = "mutation($id: ID!) { listingUpdate(id: $id, expectedVersion: 2, input: { title: \"Rượu men lá\" }) { userErrors { code path } } }";
        seller.caller.done(title, json!({ "id": sale.listing })).await;
        let anyone = world.anyone();
        for (search, hits) in [("men la", 1), ("500", 0), ("ngô", 1), ("htx dong van", 1)] {
            assert_eq!(found(&anyone, json!({ "s": search })).await.1.len(), hits, "{search}");
        }
        let version = anyone.data("query($id: ID!) { producer(by: { id: $id }) { version } }", json!({ "id": seller.producer })).await["producer"]["version"].clone();
        let rename = "mutation($id: ID!, $v: Int!) { producerUpdate(id: $id, expectedVersion: $v, input: { displayName: \"Cơ sở Pờ Ly Ngài\" }) { userErrors { code path } } }";
        seller.caller.done(rename, json!({ "id": seller.producer, "v": version })).await;
        for (search, hits) in [("htx dong van", 0), ("po ly ngai", 1), ("men la po li", 1)] {
            let (list, titles) = found(&anyone, json!({ "s": search })).await;
            assert_eq!((titles.len(), &list["matchMode"]), (hits, &json!("WORDS")), "{search}");
        }
    }
}

both! {
    /// Rows of an edition before: their texts are written anew at the start, also after a start that was cut off, and once.
    async fn older_rows_are_found_after_the_start(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("Đồng Văn").await);
        for name in ["Đường thốt nốt", "Ấm chén", "Rượu ngô"] {
            world.on_sale(&seller, &admin, name).await;
        }
        let search = "query($s: String) { listings(search: $s) { nodes { title } } products(search: $s) { nodes { name } } }";
        let sorted = "{ listings(orderBy: { field: TITLE }) { nodes { title } } products { nodes { name } } producers { nodes { displayName } } }";
        let told = async || {
            let mut all = vec![admin.data(sorted, Value::Null).await];
            for words in ["duong", "ruou ngo", "Đồng Văn"] {
                all.push(admin.data(search, json!({ "s": words })).await);
            }
            all
        };
        let before = told().await;
        assert_eq!(before[1]["listings"]["nodes"].as_array().map(Vec::len), Some(1));
        let database = Sea::connect(world.database_url()).await.expect("connects");
        for older in [
            "UPDATE product SET search_text = '', sort_name = ''",
            "UPDATE producer SET search_text = '', sort_name = ''",
            "UPDATE listing SET sort_name = ''",
            "DELETE FROM listing_search",
            "DELETE FROM search_word",
            "DELETE FROM setting WHERE name = 'search_texts_2'",
        ] {
            database.execute_unprepared(older).await.expect("changes");
        }
        assert_ne!(told().await, before);
        // Cut off after the first row or so: nobody knows how far it came.
        let cut = tokio::time::timeout(std::time::Duration::from_millis(3), service::search::reword(&world.service)).await;
        drop(cut);
        service::search::reword(&world.service).await.expect("writes");
        assert_eq!(told().await, before);
        database.execute_unprepared("UPDATE product SET search_text = ''").await.expect("changes");
        service::search::reword(&world.service).await.expect("knows that it is done");
        assert_eq!(told().await[1]["products"]["nodes"], json!([]), "it is done once");
    }
}
