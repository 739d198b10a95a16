//! Files: announced, sent, checked by content, attached, served to those who may see them.

use serde_json::{Value, json};

use crate::{
    harness::{
        World, both,
        council::{PAPER, fill_in, identity, sha256},
        text,
    },
    procedure::{Cast, SUBMIT, mutation, put, upload},
};

const STAGE: &str =
    "mutation($i: StagedUploadInput!) { stagedUploadCreate(input: $i) { upload { id url state } userErrors { code path message } } }";
const PNG: &str = "image/png";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// A zip archive whose first entry says it unpacks to some size; beside it the parts of a document, when it is to look like one.
fn archive(names: &[&str], unpacked: u32) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        let at = u32::try_from(body.len()).expect("short");
        let name = name.as_bytes();
        let length = u16::try_from(name.len()).expect("short").to_le_bytes();
        let size = if index == 0 { unpacked } else { 0 };
        let sizes = [2u32.to_le_bytes(), size.to_le_bytes()].concat();
        // Deflated: an empty final block.
        body.extend([b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0".as_slice(), &[0; 4], &sizes, &length, &[0, 0], name, &[3, 0]].concat());
        let head = [b"PK\x01\x02\x14\0\x14\0\0\0\x08\0\0\0\0\0".as_slice(), &[0; 4], &sizes, &length, &[0; 12]].concat();
        directory.extend([head.as_slice(), &at.to_le_bytes(), name].concat());
    }
    let count = u16::try_from(names.len()).expect("few").to_le_bytes();
    let (at, size) = (u32::try_from(body.len()).expect("short"), u32::try_from(directory.len()).expect("short"));
    let end = [b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size.to_le_bytes(), &at.to_le_bytes(), &[0, 0]].concat();
    [body, directory, end].concat()
}

/// What an address answers to who shows a token.
#[expect(clippy::disallowed_methods, reason = "tests call their own service")]
pub(crate) async fn fetch(url: &str, token: Option<&str>) -> reqwest::Response {
    let mut request = reqwest::Client::new().get(url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.send().await.expect("an answer")
}

both! {
    async fn what_is_announced_is_checked(world: World) {
        let seller = world.seller("lan").await;
        let good = json!({ "fileName": "a.pdf", "contentType": "application/pdf", "size": 10, "sha256": sha256(b"x") });
        let with = |field: &str, value: Value| { let mut input = good.clone(); input[field] = value; json!({ "i": input }) };
        for (field, value, code) in [
            ("contentType", json!("image/svg+xml"), "FILE_TYPE_NOT_ALLOWED"),
            ("contentType", json!("text/html"), "FILE_TYPE_NOT_ALLOWED"),
            ("size", json!(0), "OUT_OF_RANGE"),
            ("size", json!(20 * 1024 * 1024 + 1), "OUT_OF_RANGE"),
            ("sha256", json!("xyz"), "INVALID_SHA256"),
            ("fileName", json!("  "), "REQUIRED"),
        ] {
            assert_eq!(seller.caller.refused(STAGE, with(field, value)).await, [(code.to_owned(), format!("input.{field}"))]);
        }
        assert_eq!(world.anyone().error(STAGE, json!({ "i": good })).await, "UNAUTHENTICATED");
    }
}

both! {
    /// The type is told by the content; size and hash must be those announced; nothing of a refused file is kept.
    async fn what_is_sent_is_checked(world: World) {
        let seller = world.seller("lan").await;
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
        let product = seller.product("Mật ong").await;
        let bomb = archive(&["word/document.xml", "[Content_Types].xml"], 1_000_000_000);
        for (kind, bytes, code) in [
            ("application/pdf", svg.as_slice(), "FILE_TYPE_MISMATCH"),
            (PNG, svg, "FILE_TYPE_MISMATCH"),
            (PNG, b"\xff\xd8\xff\xe0\0\x10JFIF\0", "FILE_TYPE_MISMATCH"),
            ("application/pdf", b"MZ\x90\0", "FILE_TYPE_MISMATCH"),
            (DOCX, &archive(&["evil.txt"], 10), "FILE_TYPE_MISMATCH"),
            (DOCX, &bomb, "FILE_EXPANDS"),
            (DOCX, b"PK\x03\x04", "FILE_TYPE_MISMATCH"),
        ] {
            let input = json!({ "fileName": "x", "contentType": kind, "size": bytes.len(), "sha256": sha256(bytes) });
            let staged = seller.caller.done(STAGE, json!({ "i": input })).await["upload"].clone();
            let (status, body) = put(&text(&staged["url"]), bytes).await;
            assert_eq!(status, 422, "{body}");
            assert!(body.contains(code), "{code}: {body}");
            let attach = mutation("$u: ID!, $p: ID!", "productMediaAttach(id: $p, input: { upload: $u, alt: \"x\" })", "product { id }");
            let given = json!({ "u": staged["id"], "p": product });
            assert_eq!(seller.caller.refused(&attach, given).await, [("UPLOAD_NOT_STORED".to_owned(), "input.upload".to_owned())]);
        }
    }
}

both! {
    /// Documents of the usual programs are taken, in whatever order they write their parts.
    async fn documents_and_workbooks_are_taken(world: World) {
        let seller = world.seller("lan").await;
        let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        let (document, workbook) = (include_bytes!("../fixtures/form.docx"), include_bytes!("../fixtures/products.xlsx"));
        upload(&seller.caller, "phiếu.docx", DOCX, document).await;
        upload(&seller.caller, "bảng.xlsx", xlsx, workbook).await;
        let input = json!({ "fileName": "x", "contentType": DOCX, "size": workbook.len(), "sha256": sha256(workbook) });
        let staged = seller.caller.done(STAGE, json!({ "i": input })).await["upload"].clone();
        assert_eq!(put(&text(&staged["url"]), workbook).await.0, 422, "a workbook is no document");
    }
}

both! {
    async fn bytes_must_be_those_announced(world: World) {
        let seller = world.seller("lan").await;
        let input = json!({ "fileName": "a.pdf", "contentType": "application/pdf", "size": PAPER.len(), "sha256": sha256(PAPER) });
        let staged = seller.caller.done(STAGE, json!({ "i": input })).await["upload"].clone();
        let url = text(&staged["url"]);
        assert_eq!(put(&url, &PAPER[..PAPER.len() - 1]).await.0, 422, "shorter");
        assert_eq!(put(&url, &[PAPER, b"x"].concat()).await.0, 422, "longer");
        assert_eq!(put(&url, &vec![b'x'; PAPER.len()]).await.0, 422, "others");
        assert_eq!(put(&url.replace("token=", "token=x"), PAPER).await.0, 404, "without the address nothing is taken");
        assert_eq!(put(&url, PAPER).await.0, 204);
        assert_eq!(put(&url, PAPER).await.0, 204, "a lost answer: the same again");
        assert_eq!(put(&url, &vec![b'x'; PAPER.len()]).await.0, 422, "but nothing else");
        let late = seller.caller.done(STAGE, json!({ "i": input })).await["upload"]["url"].clone();
        world.clock.set(world.clock.now() + chrono::Duration::minutes(61));
        assert_eq!(put(&text(&late), PAPER).await.0, 404, "an hour is over");
    }
}

both! {
    /// A document is served to those who may see its dossier, as an attachment, under its own name.
    async fn documents_are_for_those_who_may_see_the_dossier(world: World) {
        let cast = Cast::gather(&world).await;
        let seller = &cast.seller;
        let create = mutation("$p: ID!", "dossierCreate(product: $p)", "dossier { id }");
        let dossier = text(&seller.caller.done(&create, json!({ "p": seller.product("Mật ong").await })).await["dossier"]["id"]);
        let file = upload(&seller.caller, "../../Phiếu \"đăng ký\".pdf", "application/pdf", PAPER).await;
        let attach = mutation("$id: ID!, $i: DossierDocumentInput!", "dossierDocumentAttach(id: $id, input: $i)", "dossier { documents { id url fileName sha256 size } }");
        let input = |upload: &str, document: &str| json!({ "id": dossier, "i": { "document": document, "upload": upload } });
        let strangers = upload(&cast.stranger.caller, "b.pdf", "application/pdf", PAPER).await;
        assert_eq!(seller.caller.refused(&attach, input(&strangers, "AWARDS")).await, [("NOT_FOUND".to_owned(), "input.upload".to_owned())], "someone else's file");
        assert_eq!(seller.caller.refused(&attach, input(&file, "NONE")).await, [("UNKNOWN_VALUE".to_owned(), "input.document".to_owned())]);
        let document = seller.caller.done(&attach, input(&file, "AWARDS")).await["dossier"]["documents"][0].clone();
        assert_eq!((&document["fileName"], &document["sha256"]), (&json!("Phiếu đăng ký.pdf"), &json!(sha256(PAPER))));
        let get = async |token| fetch(&text(&document["url"]), token).await;
        assert_eq!(get(None).await.status().as_u16(), 404);
        assert_eq!(get(Some(cast.stranger.caller.token())).await.status().as_u16(), 404);
        assert_eq!(get(Some(cast.officer.token())).await.status().as_u16(), 404, "not before it is handed in");
        let own = get(Some(seller.caller.token())).await;
        assert_eq!((own.status().as_u16(), own.headers()["content-type"].to_str().ok()), (200, Some("application/pdf")));
        let disposition = own.headers()["content-disposition"].to_str().expect("text").to_owned();
        assert!(disposition.starts_with("attachment; filename*=UTF-8''Phi%E1%BA%BFu"), "{disposition}");
        assert_eq!(own.headers()["x-content-type-options"].to_str().ok(), Some("nosniff"));
        assert_eq!(own.bytes().await.expect("bytes"), PAPER);
        fill_in(&world.service, identity(&dossier).into()).await;
        seller.caller.done(SUBMIT, json!({ "id": dossier })).await;
        assert_eq!(get(Some(cast.officer.token())).await.status().as_u16(), 200, "the commune has it now");
        assert_eq!(get(Some(cast.council[0].token())).await.status().as_u16(), 404, "no council yet");
    }
}

both! {
    /// A public picture tells nothing but itself.
    async fn public_pictures_lose_where_they_were_taken(world: World) {
        let seller = world.seller("lan").await;
        let mut picture = Vec::new();
        let mut encoder = png::Encoder::new(&mut picture, 1, 1);
        encoder.add_text_chunk("Comment".into(), "23.07N 105.36E".into()).expect("a comment");
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&[7]).expect("a pixel");
        writer.finish().expect("a picture");
        assert!(String::from_utf8_lossy(&picture).contains("105.36E"));
        let file = upload(&seller.caller, "IMG_1.png", PNG, &picture).await;
        let product = seller.product("Mật ong").await;
        let attach = mutation("$p: ID!, $u: ID!", "productMediaAttach(id: $p, input: { upload: $u, alt: \"Tổ ong\" })", "product { media { url } }");
        let payload = seller.caller.done(&attach, json!({ "p": product, "u": file })).await;
        let url = text(&payload["product"]["media"][1]["url"]);
        let served = reqwest::get(&url).await.expect("an answer");
        assert_eq!(served.headers()["content-type"].to_str().ok(), Some(PNG));
        let bytes = served.bytes().await.expect("bytes");
        assert!(!String::from_utf8_lossy(&bytes).contains("105.36E"));
        assert!(png::Decoder::new(std::io::Cursor::new(bytes)).read_info().is_ok(), "still a picture");
        let paper = upload(&seller.caller, "a.pdf", "application/pdf", PAPER).await;
        assert_eq!(seller.caller.refused(&attach, json!({ "p": product, "u": paper })).await, [("FILE_TYPE_NOT_ALLOWED".to_owned(), "input.upload".to_owned())]);
    }
}
