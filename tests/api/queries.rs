//! The requests of `docs/queries`: each runs for the role it is written for.

use serde_json::json;
use std::{fs, path::Path};

use crate::harness::{World, both};

both! {
    async fn every_documented_query_runs(world: World) {
        let admin = world.admin().await;
        let seller = world.seller("lan").await;
        let integrator = world.integrator(&admin).await;
        world.on_sale(&seller, &admin, "Trà Shan tuyết").await;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/queries");
        let mut names: Vec<_> = fs::read_dir(&folder).expect("the folder").map(|e| e.expect("an entry").file_name().into_string().expect("a name")).collect();
        names.sort();
        let callers = [("certificate-check.graphql", &world.anyone()), ("certificates-expiring.graphql", &admin), ("changes.graphql", &integrator), ("decision-log.graphql", &admin), ("feed.graphql", &integrator), ("listings.graphql", &world.anyone()), ("own-listings.graphql", &seller.caller), ("review-queue.graphql", &admin)];
        assert_eq!(names, callers.map(|(name, _)| name), "a new query needs its caller here");
        for (name, caller) in callers {
            let query = fs::read_to_string(folder.join(name)).expect("a query");
            let data = if name == "feed.graphql" {
                caller.operation(&query, "Changes", json!({})).await;
                caller.operation(&query, "Snapshot", json!({})).await
            } else {
                caller.data(&query, json!({})).await
            };
            if name == "certificate-check.graphql" {
                assert_eq!(data["certificateVerify"]["status"], "UNKNOWN");
            } else if name == "decision-log.graphql" {
                assert_eq!(data["auditLog"]["nodes"][0]["hash"].as_str().map(str::len), Some(64));
            } else if !matches!(name, "review-queue.graphql" | "certificates-expiring.graphql") {
                assert!(data.to_string().contains("Listing") || data.to_string().contains("Shan"), "{name}: {data}");
            }
        }
    }
}
