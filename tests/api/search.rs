//! Search: found in any spelling of the accents, the same on both engines.

use serde_json::json;

use crate::harness::{World, both, text};

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
