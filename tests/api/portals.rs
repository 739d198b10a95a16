//! Portals without an API: a file goes out, a person carries it there, and says what the portal made of it.

use chrono::Duration;
use serde_json::{Value, json};
use std::path::Path;

use crate::{
    files::fetch,
    harness::{Caller, OnSale, Seller, World, asked, both, connect_query, text},
    procedure::{mutation, upload},
};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const STATE: &str = "query($id: ID!) { node(id: $id) { ... on Listing { channels { id state remoteState remoteUrl lastError { kind advice }
    remoteReasons { message } } } } }";
const REPORT: &str = "mutation($id: ID!, $i: PortalReportInput!) { channelListingReport(id: $id, input: $i) { channelListing { state } userErrors { code path } } }";
const IMPORT: &str =
    "mutation($id: ID!, $u: ID!) { channelFileImport(id: $id, upload: $u) { channel { id } count userErrors { code path message } } }";

struct Scene {
    admin: Caller,
    seller: Seller,
    sale: OnSale,
    channel: String,
    file: String,
}

async fn scene(world: &World, title: &str) -> Scene {
    let (admin, seller) = (world.admin().await, world.seller("lan").await);
    let input = json!({ "adapter": "file", "name": "Sàn của tỉnh", "baseUrl": "https://san.example.test", "settings": [] });
    let connect = mutation("$input: ChannelConnectInput!", "channelConnect(input: $input)", "channel { id fileUrl }");
    let channel = admin.done(&connect, json!({ "input": input })).await["channel"].clone();
    let sale = world.on_sale(&seller, &admin, title).await;
    world.drain().await;
    Scene { admin, seller, sale, channel: text(&channel["id"]), file: text(&channel["fileUrl"]) }
}

impl Scene {
    async fn state(&self) -> Value {
        self.seller.caller.data(STATE, json!({ "id": self.sale.listing })).await["node"]["channels"][0].clone()
    }

    /// Fetches the file and reads it with a program of others; fills in what a person would, by column, in every row.
    async fn fetched(&self, path: &Path, answers: Option<Value>) -> Value {
        let answer = fetch(&self.file, Some(self.admin.token())).await;
        assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().expect("text")), (200, XLSX));
        std::fs::write(path, answer.bytes().await.expect("a body")).expect("writes");
        let path = path.to_str().expect("a path");
        let read = asked("sheet.py", &[path]);
        if let Some(answers) = answers {
            let filled: serde_json::Map<String, Value> =
                read["rows"].as_array().expect("rows").iter().map(|row| (text(&row["Mã"]["value"]), answers.clone())).collect();
            asked("sheet.py", &[path, &json!(filled).to_string()]);
        }
        read
    }

    async fn send(&self, path: &Path) -> Value {
        let id = upload(&self.admin, "ocop.xlsx", XLSX, &std::fs::read(path).expect("reads")).await;
        self.admin.data(IMPORT, json!({ "id": self.channel, "u": id })).await["channelFileImport"].clone()
    }

    async fn report(&self, world: &World, state: &str) {
        let id = self.state().await["id"].clone();
        self.admin.done(REPORT, json!({ "id": id, "i": { "state": state, "note": "ảnh mờ" } })).await;
        world.later(Duration::seconds(1)).await;
    }
}

both! {
    /// The file names what is to be done, formulas are none, and what a person filled in is taken.
    async fn the_file_goes_out_and_comes_back(world: World) {
        let scene = scene(&world, "=HYPERLINK(\"http://evil.test\")").await;
        let waiting = scene.state().await;
        assert_eq!((&waiting["state"], &waiting["remoteState"]), (&json!("IN_REVIEW"), &json!("IN_REVIEW")), "{waiting}");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ocop.xlsx");
        let read = scene.fetched(&file, Some(json!({ "Tình trạng trên sàn": "đang bán", "Địa chỉ trên sàn": "https://san.example.test/1" }))).await;
        let row = &read["rows"][0];
        assert_eq!((&row["Việc cần làm"]["value"], &row["Giá (đồng)"]["value"]), (&json!("Đăng lên"), &json!(185_000)), "{row}");
        let title = &row["Tên sản phẩm"];
        assert_eq!((title["value"].as_str().map(|t| t.starts_with("=HYPERLINK")), &title["type"], &title["quoted"]), (Some(true), &json!("s"), &json!(true)));
        assert!(row["Ảnh 1"]["link"].as_str().is_some_and(|link| link.starts_with("http")), "{row}");
        assert_eq!(read["lists"][0], "\"Đang bán,Đã ẩn,Bị từ chối,Không có\"");
        let taken = scene.send(&file).await;
        assert_eq!((&taken["count"], &taken["userErrors"]), (&json!(1), &json!([])), "{taken}");
        world.later(Duration::seconds(1)).await;
        let shown = scene.state().await;
        assert_eq!((&shown["remoteState"], &shown["remoteUrl"]), (&json!("ACTIVE"), &json!("https://san.example.test/1")), "{shown}");
        assert_eq!(scene.send(&file).await["count"], 0, "the same file again says nothing new");
        scene.seller.set_price(&scene.sale.listing, 120_000).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(scene.fetched(&file, None).await["rows"][0]["Việc cần làm"]["value"], "Sửa");
        scene.report(&world, "SHOWN").await;
        let row = scene.fetched(&file, Some(json!({ "Tình trạng trên sàn": "bán chạy" }))).await["rows"][0].clone();
        assert_eq!((&row["Việc cần làm"]["value"], &row["Giá (đồng)"]["value"]), (&Value::Null, &json!(120_000)));
        let refused = scene.send(&file).await["userErrors"].clone();
        assert_eq!((&refused[0]["code"], &refused[0]["path"]), (&json!("UNKNOWN_VALUE"), &json!(["rows", "2", "state"])), "{refused}");
        scene.fetched(&file, Some(json!({ "Tình trạng trên sàn": "Đang bán", "Mã": "OCOP-KHAC" }))).await;
        assert_eq!(scene.send(&file).await["userErrors"][0]["path"], json!(["rows", "2", "key"]));
        scene.fetched(&file, Some(json!({ "Tình trạng trên sàn": "Đang bán", "Địa chỉ trên sàn": "javascript:alert(1)" }))).await;
        assert_eq!(scene.send(&file).await["userErrors"][0]["code"], "INVALID_URL");
    }
}

both! {
    /// What must go stays a task, an alarm and no success until a person says that it is off.
    async fn a_withdrawal_waits_for_a_person(world: World) {
        let scene = scene(&world, "Mật ong").await;
        scene.report(&world, "SHOWN").await;
        let id = json!({ "id": scene.sale.listing });
        let call = |name: &str| format!("mutation($id: ID!) {{ {name}(id: $id) {{ userErrors {{ code }} }} }}");
        scene.seller.caller.done(&call("listingUnpublish"), id.clone()).await;
        world.later(Duration::seconds(1)).await;
        let state = scene.state().await;
        assert_eq!((&state["state"], &state["remoteState"], &state["lastError"]["kind"]), (&json!("WITHDRAWING"), &json!("ACTIVE"), &json!("LOCKED")), "{state}");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ocop.xlsx");
        assert_eq!(scene.fetched(&file, None).await["rows"][0]["Việc cần làm"]["value"], "GỠ XUỐNG");
        world.later(Duration::minutes(16)).await;
        let admin = world.sign_in("admin").await;
        assert_eq!(admin.data("{ channelAlarms { id } }", Value::Null).await["channelAlarms"].as_array().map(Vec::len), Some(1));
        let mut scene = Scene { admin, ..scene };
        scene.seller.caller = world.sign_in("lan").await;
        scene.report(&world, "HIDDEN").await;
        let state = scene.state().await;
        assert_eq!((&state["state"], &state["remoteState"]), (&json!("WITHDRAWN"), &json!("HIDDEN")), "{state}");
        assert_eq!(scene.admin.data("{ channelAlarms { id } }", Value::Null).await["channelAlarms"], json!([]));
        scene.seller.caller.done(&call("listingPublish"), id.clone()).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(scene.state().await["remoteState"], "IN_REVIEW", "waits to be put up again");
        scene.report(&world, "REFUSED").await;
        let state = scene.state().await;
        assert_eq!((&state["remoteState"], &state["remoteReasons"][0]["message"]), (&json!("REJECTED"), &json!("ảnh mờ")), "{state}");
    }
}

both! {
    /// The file is for those who manage the channel; channels with an API have none.
    async fn who_may_have_the_file(world: World) {
        let scene = scene(&world, "Mật ong").await;
        for (token, status) in [(None, 403), (Some(scene.seller.caller.token()), 404)] {
            assert_eq!(fetch(&scene.file, token).await.status().as_u16(), status);
        }
        let shop = scene.admin.done(&connect_query(), json!({ "input": world.shop() })).await["channel"]["id"].clone();
        let query = "query($id: ID!) { node(id: $id) { ... on Channel { fileUrl } } }";
        assert_eq!(scene.admin.data(query, json!({ "id": shop })).await["node"]["fileUrl"], Value::Null);
        let picture = upload(&scene.admin, "a.pdf", "application/pdf", crate::harness::council::PAPER).await;
        for (channel, code) in [(&text(&shop), "NOT_A_PORTAL"), (&scene.channel, "FILE_TYPE_NOT_ALLOWED")] {
            let refused = scene.admin.data(IMPORT, json!({ "id": channel, "u": picture })).await["channelFileImport"]["userErrors"].clone();
            assert_eq!(refused[0]["code"], code, "{refused}");
        }
    }
}
