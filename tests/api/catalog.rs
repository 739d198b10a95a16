//! Producers, products, administrative units: what they hold and who changes them.

use serde_json::{Value, json};

use crate::harness::{World, both, text};

both! {
    /// Omitted leaves alone, null clears; names are stored in NFC; slugs are folded, stable and unique.
    async fn updating_a_product(world: World) {
        let seller = world.seller("lan").await;
        let create = "mutation($i: ProductCreateInput!) { productCreate(input: $i) { product { id slug version name nameEn: name(locale: EN) description } userErrors { code } } }";
        let nfd: String = unicode_normalization::UnicodeNormalization::nfd("Đường thốt nốt").collect();
        let input = |name: &str| json!({ "i": { "producer": seller.producer, "name": name, "nameEn": "Palm sugar", "description": "Ngọt" } });
        let product = seller.caller.done(create, input(&nfd)).await["product"].clone();
        assert_eq!((&product["slug"], &product["version"]), (&json!("duong-thot-not"), &json!(1)));
        let again = seller.caller.done(create, input("Đường thốt nốt")).await["product"].clone();
        assert!(text(&again["slug"]).starts_with("duong-thot-not-") && again["slug"] != product["slug"]);
        let update = "mutation($id: ID!, $v: Int!, $i: ProductUpdateInput!) { productUpdate(id: $id, expectedVersion: $v, input: $i) {
            product { slug version name(locale: VI) english: name(locale: EN) description(locale: VI) seasonMonths } userErrors { code path } } }";
        let id = &product["id"];
        let kept = seller.caller.done(update, json!({ "id": id, "v": 1, "i": { "seasonMonths": [3, 1] } })).await["product"].clone();
        assert_eq!(kept, json!({ "slug": "duong-thot-not", "version": 2, "name": "Đường thốt nốt", "english": "Palm sugar", "description": "Ngọt", "seasonMonths": [1, 3] }));
        let cleared = seller.caller.done(update, json!({ "id": id, "v": 2, "i": { "nameEn": null, "description": null, "name": "Đường" } })).await["product"].clone();
        assert_eq!(cleared, json!({ "slug": "duong-thot-not", "version": 3, "name": "Đường", "english": "Đường", "description": null, "seasonMonths": [1, 3] }));
        let stale = seller.caller.refused(update, json!({ "id": id, "v": 2, "i": {} })).await;
        assert_eq!(stale, [("STALE_VERSION".to_owned(), "expectedVersion".to_owned())]);
    }
}

both! {
    /// What was rated keeps its name and group while the certificate is valid.
    async fn rated_fields_are_locked(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        let update = "mutation($id: ID!, $i: ProductUpdateInput!) { productUpdate(id: $id, expectedVersion: 2, input: $i) { product { id } userErrors { code path } } }";
        for (input, path) in [(json!({ "name": "Mật ong khác" }), "input.name"), (json!({ "group": "DRINK" }), "input.group")] {
            let refused = seller.caller.refused(update, json!({ "id": sale.product, "i": input })).await;
            assert_eq!(refused, [("RATED_FIELD_LOCKED".to_owned(), path.to_owned())]);
        }
        seller.caller.done(update, json!({ "id": sale.product, "i": { "name": "Mật ong", "description": "Mới" } })).await;
    }
}

both! {
    /// Members act for a producer until they are removed; the last owner stays.
    async fn members_come_and_go(world: World) {
        let seller = world.seller("lan").await;
        let mai = world.person("mai").await;
        let product = seller.product("Mật ong").await;
        let create = "mutation($p: ID!) { listingCreate(input: { product: $p, price: { amount: \"1000\" }, stock: 1 }) { listing { id } userErrors { code path } } }";
        assert_eq!(mai.error(create, json!({ "p": product })).await, "FORBIDDEN");
        let invite = "mutation($id: ID!) { producerMemberInvite(id: $id, input: { email: \"mai@example.vn\", role: EDITOR }) { invitation { id email } userErrors { code } } }";
        seller.caller.done(invite, json!({ "id": seller.producer })).await;
        let waiting = mai.data("{ viewer { account invitations { id role producer { id } } } }", Value::Null).await["viewer"].clone();
        assert_eq!(waiting["invitations"][0]["producer"]["id"], seller.producer.as_str());
        let accept = "mutation($id: ID!) { producerMemberAccept(invitation: $id) { producer { id } userErrors { code path } } }";
        mai.done(accept, json!({ "id": waiting["invitations"][0]["id"] })).await;
        mai.done(create, json!({ "p": product })).await;
        let update = "mutation($id: ID!) { producerUpdate(id: $id, expectedVersion: 1, input: { phone: \"0219\" }) { producer { phone } userErrors { code path } } }";
        assert_eq!(mai.error(update, json!({ "id": seller.producer })).await, "FORBIDDEN", "editors don't change the producer");
        seller.caller.done(update, json!({ "id": seller.producer })).await;
        let shown = "query($id: ID!) { node(id: $id) { ... on Producer { phone } } }";
        assert_eq!(world.anyone().data(shown, json!({ "id": seller.producer })).await["node"]["phone"], Value::Null, "not for the public");
        assert_eq!(mai.data(shown, json!({ "id": seller.producer })).await["node"]["phone"], "0219");
        let remove = "mutation($id: ID!, $a: ID!) { producerMemberRemove(id: $id, account: $a) { producer { id } userErrors { code path } } }";
        let own = seller.caller.data("{ viewer { account } }", Value::Null).await["viewer"]["account"].clone();
        let last = seller.caller.refused(remove, json!({ "id": seller.producer, "a": own })).await;
        assert_eq!(last, [("LAST_OWNER".to_owned(), "account".to_owned())]);
        seller.caller.done(remove, json!({ "id": seller.producer, "a": waiting["account"] })).await;
        assert_eq!(mai.error(create, json!({ "p": product })).await, "FORBIDDEN");
    }
}

both! {
    /// A former commune leads to today's; a name that several had needs its district; units of today are listed.
    async fn communes_of_both_eras(world: World) {
        let anyone = world.anyone();
        let today = "query($c: String!, $d: String) { communeToday(former: { commune: $c, district: $d }) { era code name } }";
        for (commune, district, code) in [("Thông Nguyên", Some("Hoàng Su Phì"), "01090"), ("xã THÔNG NGUYÊN", None, "01090")] {
            let found = anyone.data(today, json!({ "c": commune, "d": district })).await;
            assert_eq!((&found["communeToday"]["code"], &found["communeToday"]["era"]), (&json!(code), &json!("FROM_2025_07_01")));
        }
        assert_eq!(anyone.error(today, json!({ "c": "Tả Lủng" })).await, "BAD_USER_INPUT");
        assert_eq!(anyone.data(today, json!({ "c": "Không Có" })).await["communeToday"], Value::Null);
        let provinces = anyone.data("{ adminUnits { code } }", Value::Null).await;
        assert_eq!(provinces["adminUnits"].as_array().map(Vec::len), Some(34));
        let communes = anyone.data("{ adminUnits(province: \"08\") { name } }", Value::Null).await;
        assert_eq!(communes["adminUnits"].as_array().map(Vec::len), Some(124));
        let former = anyone.data("{ adminUnits(era: BEFORE_2025_07_01) { code } }", Value::Null).await;
        assert_eq!(former["adminUnits"].as_array().map(Vec::len), Some(63));
    }
}

both! {
    /// Documents and variants are set as lists; what is on sale can't be dropped.
    async fn lists_of_a_product(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        let documents = "mutation($id: ID!, $i: ProductCertificationsInput!) { productCertificationsSet(id: $id, input: $i) {
            product { certifications { kind number issuedOn expiresOn } } userErrors { code path } } }";
        let paper = json!({ "kind": "VIETGAP", "number": "VG-1", "issuedOn": "2026-01-01", "expiresOn": "2028-01-01" });
        let set = seller.caller.done(documents, json!({ "id": sale.product, "i": { "certifications": [paper] } })).await;
        assert_eq!(set["product"]["certifications"], json!([paper]));
        let wrong = json!([{ "kind": "VIETGAP", "issuedOn": "2027-01-01", "expiresOn": "2026-01-01" }]);
        let refused = seller.caller.refused(documents, json!({ "id": sale.product, "i": { "certifications": wrong } })).await;
        let expected = [("DATE_IN_FUTURE", "input.certifications.0.issuedOn"), ("END_BEFORE_START", "input.certifications.0.expiresOn")];
        assert_eq!(refused, expected.map(|(c, p)| (c.to_owned(), p.to_owned())));
        let variants = "mutation($id: ID!, $v: [VariantInput!]!) { productVariantsSet(id: $id, input: { variants: $v }) { product { variants { sku isArchived } } userErrors { code path } } }";
        let small = json!({ "sku": "NEW-1", "gtin": "4006381333931", "netContent": { "value": "0.25", "unit": "KILOGRAM" } });
        let in_use = seller.caller.refused(variants, json!({ "id": sale.product, "v": [small] })).await;
        assert_eq!(in_use, [("VARIANT_IN_USE".to_owned(), "input.variants".to_owned())]);
        let twice = seller.caller.refused(variants, json!({ "id": sale.product, "v": [small, small] })).await;
        assert_eq!(twice[0], ("DUPLICATE".to_owned(), "input.variants.1.sku".to_owned()));
    }
}

both! {
    /// The criteria sets of the rulebooks of 2020 and 2023, 26 each; of 2020 all but the one with a known gap add up to their parts.
    async fn criteria_sets_of_the_rulebook(world: World) {
        let anyone = world.anyone();
        let sets = anyone.data("{ rubrics { rulebook number } }", Value::Null).await;
        assert_eq!(sets["rubrics"].as_array().map(Vec::len), Some(52));
        let whole = "query($n: Int) { rubrics(rulebook: \"781/QĐ-TTg\", number: $n) { name partMaxima criteria { part maxPoints optionPoints } } }";
        for (number, parts) in [(1, [35, 25, 40]), (19, [35, 25, 38]), (26, [35, 25, 40])] {
            let set = anyone.data(whole, json!({ "n": number })).await["rubrics"][0].clone();
            let criteria = set["criteria"].as_array().expect("criteria");
            let sum = |part: &str| criteria.iter().filter(|c| c["part"] == part).filter_map(|c| c["maxPoints"].as_i64()).sum::<i64>();
            assert_eq!([sum("A"), sum("B"), sum("C")], parts, "set {number}");
        }
    }
}
