//! Import and export from the command line.

use ocop_catalog::service;
use sea_orm::{ConnectionTrait, Database as Sea, DatabaseBackend, Statement};
use serde_json::{Value, json};
use std::fs;

use crate::{
    harness::{Database, Engine, World, both, text},
    processes::run,
};

/// Import from the command line: a dry run changes nothing, a second run changes nothing twice, faults name row and column.
#[tokio::test]
async fn importing_and_exporting() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::new(engine).await;
        let url = database.url.as_str();
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("products.csv");
        let path = file.to_str().expect("a path");
        let real = concat!(env!("CARGO_MANIFEST_DIR"), "/data/products/ocop_ha_giang.csv");
        let (ok, out, _) = run(url, &["import", real, "--dry-run"]);
        assert!(ok && out.contains("67 rows: 67 would be created"), "{out}");
        let (ok, out, _) = run(url, &["import", real]);
        assert!(ok && out.contains("67 rows: 67 were created"), "a dry run changes nothing: {out}");
        let (ok, out, _) = run(url, &["import", real]);
        assert!(ok && out.contains("67 are there already"), "{out}");
        let (ok, exported, _) = run(url, &["export"]);
        assert!(ok && exported.lines().count() == 68, "{exported}");
        fs::write(&file, &exported).expect("writes");
        let (ok, out, _) = run(url, &["import", path]);
        assert!(ok && out.contains("67 are there already"), "what goes out comes in again: {out}");
        let workbook = folder.path().join("all.xlsx");
        let workbook = workbook.to_str().expect("a path");
        assert!(run(url, &["export", "--output", workbook]).0);
        let (ok, out, _) = run(url, &["import", workbook]);
        assert!(ok && out.contains("67 are there already"), "as a workbook too: {out}");
        let (ok, lines, _) = run(url, &["export", "--format", "ndjson"]);
        let last: Value = serde_json::from_str(lines.lines().last().expect("a line")).expect("JSON");
        assert_eq!((ok, &last["complete"], &last["listings"]), (true, &json!(true), &json!(0)), "nothing is rated yet");
        fs::write(&file, "product_name,stars,evidence,price_vnd\nMật ong,4,listed_as_ocop,\nTrà,,,1.5\nGạo,,,\n").expect("writes");
        let (ok, out, _) = run(url, &["import", path]);
        assert!(!ok);
        for expected in [
            "row 2, column stars: ",
            "row 3, column price_vnd: ",
            "3 rows: 1 were created, 0 were changed, 0 are there already, 2 left out",
        ] {
            assert!(out.contains(expected), "{out}");
        }
        fs::write(&file, b"product_name\nM\xe2\xca\xf8t ong\n").expect("writes");
        let (ok, _, err) = run(url, &["import", path]);
        assert!(!ok && err.contains("row 2, column 1: not UTF-8"), "{err}");
        assert!(run(url, &["import", "missing.csv"]).2.starts_with("error: missing.csv: "));
        assert!(run(url, &["import", "table.ods"]).2.contains("a file that ends in .csv or .xlsx is needed"));
    }
}

/// The first import fills tables that were empty when its statements were planned: no batch reads all that those before it wrote.
#[tokio::test]
async fn importing_much_into_an_empty_database() {
    let database = Database::new(Engine::Postgres).await;
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("products.csv");
    let rows: String = (0..2_500).map(|n| format!("Chè số {n},HTX {},CHE-{n},100,g,50000\n", n / 10)).collect();
    fs::write(&file, format!("product_name,producer_name,sku,net_content,net_unit,price_vnd\n{rows}")).expect("writes");
    let (ok, out, _) = run(&database.url, &["import", file.to_str().expect("a path")]);
    assert!(ok && out.contains("2500 were created"), "{out}");
    let connection = Sea::connect(&database.url).await.expect("connects");
    let read =
        "SELECT CAST(sum(seq_tup_read) AS bigint) FROM pg_stat_user_tables WHERE relname IN ('product', 'producer', 'variant', 'listing')";
    let row = connection.query_one_raw(Statement::from_string(DatabaseBackend::Postgres, read)).await.expect("reads").expect("a row");
    let read: i64 = row.try_get_by_index(0).expect("a number");
    assert!(read < 2_500, "{read} rows were read for want of an index");
}

/// A workbook from a spreadsheet program: the same report by row and column.
#[tokio::test]
async fn importing_a_workbook() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::new(engine).await;
        let workbook = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/products.xlsx");
        let (ok, out, _) = run(&database.url, &["import", workbook]);
        assert!(!ok && out.contains("row 3, column product_group: \"DRINKS\": "), "{out}");
        assert!(out.contains("3 rows: 2 were created, 0 were changed, 0 are there already, 1 left out"), "{out}");
        let (_, exported, _) = run(&database.url, &["export"]);
        assert!(
            exported.contains("Mật ong Bạc hà,HTX Tuấn Dũng,COOPERATIVE") && exported.contains("MO-500,,500,GRAM,500,250000,12"),
            "{exported}"
        );
        let (ok, out, _) = run(&database.url, &["import", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml.csv")]);
        assert!(!ok && out.is_empty());
    }
}

/// Reference data goes in by the same command: what comes with the program is there already; what differs is changed.
#[tokio::test]
async fn importing_reference_data() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::new(engine).await;
        for (file, rows) in [
            ("admin/admin_provinces.csv", 97),
            ("admin/admin_communes_current.csv", 3321),
            ("admin/admin_communes_legacy.csv", 10_035),
            ("rulebook/ocop_criteria_sets_781_2020.csv", 26),
            ("rulebook/ocop_scoresheet_781_2020.csv", 782),
        ] {
            let path = format!("{}/data/{file}", env!("CARGO_MANIFEST_DIR"));
            let (ok, out, _) = run(&database.url, &["import", &path]);
            assert!(ok && out.contains(&format!("0 were created, 0 were changed, {rows} are there already, 0 left out")), "{file}: {out}");
        }
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("communes.csv");
        fs::write(&file, "code,name,short_name,kind,province_code\n01090,Phường Thông Nguyên,Thông Nguyên,WARD,08\nx,Xã,Xã,COMMUNE,08\n")
            .expect("writes");
        let (ok, out, _) = run(&database.url, &["import", file.to_str().expect("a path")]);
        assert!(!ok && out.contains("row 3, column code: ") && out.contains("0 were created, 1 were changed"), "{out}");
        fs::write(&file, "a,b\n1,2\n").expect("writes");
        let (ok, out, _) = run(&database.url, &["import", file.to_str().expect("a path")]);
        assert!(!ok && out.contains("row 1, column a,b: no table that can be imported"), "{out}");
    }
}

both! {
    /// A file changes what is sold and tells the feed, keeps what it leaves empty, and changes nothing that a certificate locks.
    async fn a_file_changes_what_is_sold(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        let integrator = world.integrator(&admin).await;
        let url = world.database_url();
        let placed = "mutation($id: ID!) { productUpdate(id: $id, expectedVersion: 2, input: { commune: \"01090\" }) { userErrors { code path } } }";
        admin.done(placed, json!({ "id": sale.product })).await;
        let (ok, exported, _) = run(url, &["export"]);
        assert!(ok && exported.contains("ocop:"), "what was not imported has a key too: {exported}");
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("products.csv");
        let path = file.to_str().expect("a path");
        fs::write(&file, &exported).expect("writes");
        let (ok, out, _) = run(url, &["import", path]);
        assert!(ok && out.contains("1 rows: 0 were created, 0 were changed, 1 are there already"), "nothing is doubled: {out}");
        let before = "query($id: ID!) { product: node(id: $id) { ... on Product { name commune { code } description group version } } }";
        let known = admin.data(before, json!({ "id": sale.product })).await["product"].clone();
        assert_eq!(known["commune"]["code"], "01090");
        let feed = "query($since: FeedCursor) { listingChanges(since: $since) { endCursor changes { causes listingId } } }";
        let since = integrator.data(feed, json!({})).await["listingChanges"]["endCursor"].clone();
        let key = exported.lines().nth(1).and_then(|line| line.split(',').next()).expect("a key");
        fs::write(&file, format!("external_key,product_name,description\n{key},Mật ong,Vị ngọt thanh\n")).expect("writes");
        let (ok, out, _) = run(url, &["import", path]);
        assert!(ok && out.contains("1 were changed"), "{out}");
        let now = admin.data(before, json!({ "id": sale.product })).await["product"].clone();
        assert_eq!((&now["description"], &now["commune"], &now["group"]), (&json!("Vị ngọt thanh"), &known["commune"], &known["group"]));
        let told = integrator.data(feed, json!({ "since": since })).await["listingChanges"]["changes"].clone();
        assert_eq!(told, json!([{ "causes": ["PRODUCT_CHANGED"], "listingId": sale.listing }]));
        for (text, column) in [("Mật ong rừng,", "product_name"), ("Mật ong,HANDICRAFT", "product_group")] {
            fs::write(&file, format!("external_key,product_name,product_group\n{key},{text}\n")).expect("writes");
            let (ok, out, _) = run(url, &["import", path]);
            assert!(!ok && out.contains(&format!("row 2, column {column}: ")) && out.contains("certificate"), "{out}");
        }
        assert_eq!(admin.data(before, json!({ "id": sale.product })).await["product"], now);
        fs::write(&file, format!("external_key,product_name\nocop:{},Trà\n", uuid::Uuid::nil())).expect("writes");
        let (ok, out, _) = run(url, &["import", path]);
        assert!(!ok && out.contains("row 2, column external_key: no product here has this key"), "{out}");
    }
}

both! {
    /// Rows that name the same things are told apart, within a file and from what is there; a row that can't be leaves the others alone.
    async fn rows_that_clash(world: World) {
        let admin = world.admin().await;
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("products.csv");
        let path = file.to_str().expect("a path");
        let header = "product_name,producer_name,description,sku,gtin,net_content,net_unit,price_vnd,stock";
        let rows = [
            "Mật ong,HTX Hoa,Một,MO-1,8938505974194,500,g,50000,1",
            "Mật ong,HTX Hoa,Hai,MO-1,8938505974194,500,g,50000,1",
            "Trà,HTX Hoa,,MO-1,,500,g,50000,1",
            "Trà,HTX Mây,,MO-1,8938505974194,500,g,50000,1",
            "Trà,HTX Mây,,TRA-1,,500,g,50000,1",
            "Mật ong,HTX Mây,,MO-1,,500,g,50000,1",
        ];
        fs::write(&file, format!("{header}\n{}\n", rows.join("\n"))).expect("writes");
        let sku = "row 4, column sku: another product of this producer has the SKU MO-1";
        let gtin = "row 5, column gtin: another product has the GTIN 8938505974194";
        for (counts, refused) in [
            ("3 were created, 1 were changed, 0 are there already, 2 left out", &[sku, gtin][..]),
            // By now the product of row 5 is there, made by row 6.
            ("0 were created, 2 were changed, 3 are there already, 1 left out", &[sku]),
        ] {
            let (ok, out, _) = run(world.database_url(), &["import", path]);
            assert!(!ok && out.contains(counts) && refused.iter().all(|line| out.contains(line)), "{out}");
        }
        let query = "{ listings(search: \"mat ong\", filter: { state: [DRAFT] }) { nodes { slug product { slug description producer { displayName } variants { sku gtin } } } } }";
        let found = admin.data(query, Value::Null).await["listings"]["nodes"].clone();
        let found = found.as_array().expect("rows");
        assert_eq!(found.len(), 2, "drafts are found by their words");
        assert_ne!(found[0]["product"]["slug"], found[1]["product"]["slug"]);
        let of = |maker: &str| found.iter().find(|l| l["product"]["producer"]["displayName"] == maker).expect("a listing")["product"].clone();
        assert_eq!(of("HTX Hoa")["description"], "Hai", "the later row counts");
        assert_eq!(of("HTX Hoa")["variants"], json!([{ "sku": "MO-1", "gtin": "8938505974194" }]));
        assert_eq!(of("HTX Mây")["variants"], json!([{ "sku": "MO-1", "gtin": null }]));
    }
}

both! {
    /// New listings are found under all that is known of them, whatever of it was there before, and nobody claims what no row says.
    async fn words_and_records_of_new_rows(world: World) {
        let admin = world.admin().await;
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("products.csv");
        let header = "product_name,producer_name,commune_old,district_old,description,sku,net_content,net_unit,price_vnd,stock,source";
        for rows in [
            "Mật ong,HTX Sương,PLACE,Bạc hà,MO-1,500,g,50000,1,\nTrà,HTX Mây,,,Một,TRA-1,500,g,50000,1,Báo\n",
            // A producer that is there, a new one; and a row again, with another description and place.
            "Nấm,HTX Sương,PLACE,Rừng,NAM-1,500,g,50000,1,\nRượu,HTX Đá,PLACE,Ngô,RUOU-1,500,ml,50000,1,\n",
            "Khăn,HTX Đá,,,Một,KHAN-1,500,g,50000,1,\nKhăn,HTX Đá,PLACE,Thêu,KHAN-1,500,g,50000,1,\n",
        ] {
            let rows = rows.replace("PLACE", "Thông Nguyên,Hoàng Su Phì");
            fs::write(&file, format!("{header}\n{rows}")).expect("writes");
            let (ok, out, _) = run(world.database_url(), &["import", file.to_str().expect("a path")]);
            assert!(ok, "{out}");
        }
        let query = "query($s: String) { listings(search: $s, filter: { state: [DRAFT] }) { nodes { product { name recognition { evidence source } } } } }";
        let told = async || {
            let mut all = Vec::new();
            for search in ["bac ha", "thong nguyen", "hoang su phi", "htx suong", "htx may", "theu", "mot", "htx da ngo"] {
                let nodes = admin.data(query, json!({ "s": search })).await["listings"]["nodes"].clone();
                let mut names: Vec<_> = nodes.as_array().expect("rows").iter().map(|l| text(&l["product"]["name"])).collect();
                names.sort();
                all.push(names.join(" "));
            }
            all
        };
        let found = told().await;
        let all = "Khăn Mật ong Nấm Rượu";
        assert_eq!(found, ["Mật ong", all, all, "Mật ong Nấm", "Trà", "Khăn", "Trà", "Rượu"]);
        let database = Sea::connect(world.database_url()).await.expect("connects");
        for older in ["DELETE FROM listing_search", "DELETE FROM search_word", "DELETE FROM setting WHERE name = 'search_texts_2'"] {
            database.execute_unprepared(older).await.expect("changes");
        }
        service::search::reword(&world.service).await.expect("writes");
        assert_eq!(told().await, found, "as when they are written anew");
        let records = admin.data(query, json!({ "s": "htx" })).await["listings"]["nodes"].clone();
        let of = |name: &str| records.as_array().expect("rows").iter().find(|l| l["product"]["name"] == name).expect("a row")["product"]["recognition"].clone();
        assert_eq!((of("Trà"), of("Mật ong")), (json!({ "evidence": "PROGRAMME_CANDIDATE", "source": "Báo" }), Value::Null));
    }
}
