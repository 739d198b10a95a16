//! The decision log: read by those who answer, proved to outsiders, tampered with and found out.

use sea_orm::{ConnectionTrait, Database as Sea};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Engine, World, both, program, text};

const LOG: &str =
    "query($f: AuditLogFilter) { auditLog(filter: $f, first: 100) { nodes { id sequence action objectKind facts hash previousHash } } }";
const PROOF: &str =
    "query($id: ID!) { auditProof(entry: $id) { canonical signature headSequence headHash keysUrl entry { hash previousHash } } }";

both! {
    async fn an_outsider_checks_an_entry(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        for caller in [&seller.caller, &world.person("mai").await] {
            assert_eq!(caller.error(LOG, json!({})).await, "FORBIDDEN");
        }
        let of_rating = admin.data(LOG, json!({ "f": { "object": sale.rating } })).await["auditLog"]["nodes"].clone();
        assert_eq!(of_rating[0]["action"], "ratingApprove");
        assert!(text(&of_rating[0]["facts"]).contains("321/QĐ-UBND"), "{of_rating}");
        let proof = admin.data(PROOF, json!({ "id": of_rating[0]["id"] })).await["auditProof"].clone();
        let hashed = format!("{}\n{}", text(&proof["entry"]["previousHash"]), text(&proof["canonical"]));
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(hashed.as_bytes()));
        assert_eq!(proof["entry"]["hash"], hash);
        let all = admin.data(LOG, json!({})).await["auditLog"]["nodes"].clone();
        let all = all.as_array().expect("entries");
        assert!(all.windows(2).all(|pair| pair[0]["previousHash"] == pair[1]["hash"]), "each names the one before it");
        assert_eq!(proof["headHash"], all[0]["hash"]);
        let keys: Value = serde_json::from_str(&reqwest::get(text(&proof["keysUrl"])).await.expect("keys").text().await.expect("text")).expect("json");
        let key: [u8; 32] = data_encoding::BASE64URL_NOPAD.decode(text(&keys["keys"][0]["x"]).as_bytes()).expect("base64").try_into().expect("32 bytes");
        let signature = text(&proof["signature"]);
        let (signed, mark) = signature.rsplit_once('.').expect("three parts");
        let mark: [u8; 64] = data_encoding::BASE64URL_NOPAD.decode(mark.as_bytes()).expect("base64").try_into().expect("64 bytes");
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key).expect("a key");
        key.verify_strict(signed.as_bytes(), &ed25519_dalek::Signature::from_bytes(&mark)).expect("signed when it was written");
        let payload = text(&proof["signature"]).split('.').nth(1).map(|p| data_encoding::BASE64URL_NOPAD.decode(p.as_bytes()).expect("base64"));
        let signed: Value = serde_json::from_slice(&payload.expect("a payload")).expect("json");
        assert_eq!(signed, json!({ "seq": text(&of_rating[0]["sequence"]).parse::<i64>().expect("a number"), "hash": hash }));
    }
}

/// Many writers at once on either engine: one chain, without gap or fork.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_make_one_chain() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start(engine).await;
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let mut sales = Vec::new();
        for number in 0..4 {
            sales.push(world.on_sale(&seller, &admin, &format!("Trà {number}")).await);
        }
        let writers = sales.into_iter().map(|sale| {
            let seller = seller.caller.clone();
            tokio::spawn(async move {
                for price in 1..=15 {
                    let query =
                        "mutation($id: ID!, $p: Decimal!) { listingSetPrice(id: $id, price: { amount: $p }) { userErrors { code } } }";
                    seller.done(query, json!({ "id": sale.listing, "p": (price * 1000).to_string() })).await;
                }
            })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.expect("writes");
        }
        let whole = verify(&world, &[]);
        assert!(whole.0, "{}", whole.1);
        let prices = admin.data(LOG, json!({ "f": { "action": "listingSetPrice" } })).await["auditLog"]["nodes"].clone();
        assert_eq!(prices.as_array().map(Vec::len), Some(60));
    }
}

/// The database refuses slips; whoever gets round that is found by the chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tampering_is_found() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start(engine).await;
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        world.on_sale(&seller, &admin, "Mật ong").await;
        let whole = verify(&world, &[]);
        assert!(whole.0 && whole.1.starts_with("whole: "), "{}", whole.1);
        let head = whole.1.lines().find_map(|l| l.strip_prefix("head ")).expect("a head").to_owned();
        assert!(verify(&world, &["--contains", &head]).0);
        let database = Sea::connect(world.database_url()).await.expect("connects");
        for statement in ["UPDATE audit_entry SET principal = 'x' WHERE seq = 3", "DELETE FROM audit_entry WHERE seq = 3"] {
            let refused = database.execute_unprepared(statement).await.expect_err("the database refuses").to_string();
            assert!(refused.contains("append-only"), "{refused}");
        }
        let guards = match engine {
            Engine::Sqlite => ["DROP TRIGGER audit_entry_no_update", "DROP TRIGGER audit_entry_no_delete"].as_slice(),
            Engine::Postgres => &["DROP TRIGGER audit_entry_append_only ON audit_entry"],
        };
        for statement in guards {
            database.execute_unprepared(statement).await.expect("drops");
        }
        let (last, _) = head.split_once(':').expect("a place");
        database.execute_unprepared(&format!("DELETE FROM audit_entry WHERE seq = {last}")).await.expect("deletes");
        assert!(verify(&world, &[]).0, "what is cut off at the end is whole by itself");
        let cut = verify(&world, &["--contains", &head]);
        assert!(!cut.0 && cut.1.contains(&format!("entry {last} is not the one")), "{}", cut.1);
        database.execute_unprepared("UPDATE audit_entry SET facts = '{\"stars\":5}' WHERE seq = 5").await.expect("tampers");
        let broken = verify(&world, &[]);
        assert!(!broken.0 && broken.1.contains("BROKEN at entry 5: its contents do not have its hash"), "{}", broken.1);
        database.close().await.expect("closes");
    }
}

/// `ocop-catalog audit verify` on the database of a world.
fn verify(world: &World, more: &[&str]) -> (bool, String) {
    let arguments: Vec<_> = ["audit", "verify"].into_iter().chain(more.iter().copied()).collect();
    let output = program(world.database_url(), &arguments).output().expect("runs");
    (output.status.success(), String::from_utf8(output.stdout).expect("text"))
}
