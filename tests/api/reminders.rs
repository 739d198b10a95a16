//! Reminders that leave the service: posted as signed JSON, and sent as letters, until they arrive.

use chrono::Duration;
use ocop_catalog::{notify::NotifySettings, service::reminders};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::harness::{Engine, World};

type Told = Arc<Mutex<Vec<String>>>;

/// Somebody who listens; each conversation is kept.
async fn listener<F: Future<Output = String> + Send + 'static>(talk: fn(TcpStream, usize) -> F) -> (u16, Told) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let port = listener.local_addr().expect("an address").port();
    let told = Told::default();
    let kept = Arc::clone(&told);
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((socket, _)) = listener.accept().await {
            let heard = talk(socket, number).await;
            number += 1;
            kept.lock().expect("unpoisoned").push(heard);
        }
    });
    (port, told)
}

/// A web server that fails the first time.
async fn web(mut socket: TcpStream, number: usize) -> String {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&heard).contains("\"days\"") {
        let read = socket.read(&mut buffer).await.expect("reads");
        heard.extend_from_slice(&buffer[..read]);
    }
    let status = if number == 0 { "500 Internal Server Error" } else { "200 OK" };
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    socket.write_all(answer.as_bytes()).await.expect("answers");
    String::from_utf8(heard).expect("text")
}

/// A mail server (RFC 5321), as far as one letter needs it.
async fn mail(mut socket: TcpStream, _: usize) -> String {
    let (read, mut write) = socket.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink\r\n").await.expect("greets");
    let (mut heard, mut letter) = (String::new(), false);
    while let Ok(Some(line)) = lines.next_line().await {
        heard.push_str(&line);
        heard.push('\n');
        let answer: &[u8] = match (letter, line.as_str()) {
            (true, ".") => b"250 kept\r\n",
            (true, _) => continue,
            (false, "DATA") => b"354 go on\r\n",
            (false, "QUIT") => b"221 bye\r\n",
            (false, _) => b"250 ok\r\n",
        };
        letter = answer.starts_with(b"354");
        write.write_all(answer).await.expect("answers");
        if line == "QUIT" {
            break;
        }
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reminder_is_posted_and_mailed_until_it_arrives() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (web, posted) = listener(web).await;
        let (smtp, mailed) = listener(mail).await;
        let notify = NotifySettings {
            webhook: Some(format!("http://127.0.0.1:{web}/ocop").parse().expect("an address")),
            webhook_key: Some("a key".into()),
            smtp: Some(format!("smtp://127.0.0.1:{smtp}")),
            from: Some("OCOP <ocop@example.vn>".into()),
        };
        let world = World::telling(engine, notify).await;
        let (admin, seller) = (world.admin().await, world.seller("Lùng Tám").await);
        let sale = world.on_sale(&seller, &admin, "Khăn lanh").await;
        world.clock.set(world.clock.now() + Duration::days(1070));
        assert_eq!(reminders::make(&world.service).await.expect("makes"), 3, "log, webhook, e-mail");
        while reminders::deliver_next(&world.service).await.expect("delivers") {}
        let states = async || {
            let admin = world.sign_in("admin").await;
            let query = "query($id: ID!) { node(id: $id) { ... on OcopRating { reminders { via state attempts } } } }";
            let data = admin.data(query, json!({ "id": sale.rating })).await;
            let mut states: Vec<Value> = data["node"]["reminders"].as_array().expect("reminders").clone();
            states.sort_by_key(|s| s["via"].to_string());
            states
        };
        let state = |via: &str, state: &str, attempts: i32| json!({ "via": via, "state": state, "attempts": attempts });
        assert_eq!(states().await, [state("EMAIL", "DELIVERED", 1), state("LOG", "DELIVERED", 1), state("WEBHOOK", "WAITING", 1)]);
        world.clock.set(world.clock.now() + Duration::minutes(2));
        while reminders::deliver_next(&world.service).await.expect("delivers") {}
        assert_eq!(states().await[2], state("WEBHOOK", "DELIVERED", 2), "tried again after the 500");
        let posted = posted.lock().expect("unpoisoned").clone();
        let header = |name: &str, text: &str| {
            text.lines().find_map(|l| l.to_lowercase().strip_prefix(&format!("{name}: ")).map(str::to_owned)).expect("a header")
        };
        assert_eq!(posted.len(), 2);
        assert_eq!(header("webhook-id", &posted[0]), header("webhook-id", &posted[1]), "a repeat is told by its id");
        assert!(header("webhook-signature", &posted[1]).starts_with("v1,"));
        let body: Value = serde_json::from_str(posted[1].split("\r\n\r\n").nth(1).expect("a body")).expect("json");
        assert_eq!(
            (&body["data"]["event"], &body["data"]["days"], &body["data"]["product"]),
            (&json!("certificate.expiring"), &json!(30), &json!("Khăn lanh"))
        );
        let letter = mailed.lock().expect("unpoisoned").join("");
        assert!(letter.contains("RCPT TO:<lung-tam@example.vn>") && letter.contains("From: OCOP <ocop@example.vn>"), "{letter}");
    }
}
