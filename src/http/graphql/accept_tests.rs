//! Accept headers and the answers they get.

use crate::http::graphql::accept::Media;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};

#[test]
fn the_media_type_follows_the_weights() {
    let (newer, json) = (Some(Media::GraphqlResponse), Some(Media::Json));
    let table: [(&[&str], Option<Media>); 24] = [
        (&[], json),
        (&[""], json),
        (&["*/*"], json),
        (&["application/*"], json),
        (&["application/json"], json),
        (&["application/json; charset=utf-8"], json),
        (&["application/json; charset=\"UTF-8\""], json),
        (&["APPLICATION/JSON"], json),
        (&["application/graphql-response+json"], newer),
        (&["application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"], newer),
        (&["application/graphql-response+json, application/json;q=0.9"], newer),
        (&["application/json, application/graphql-response+json"], newer),
        (&["application/json", "application/graphql-response+json"], newer),
        (&["application/graphql-response+json;q=0.5, application/json"], json),
        (&["application/graphql-response+json;q=0.5, */*;q=0.1"], newer),
        (&["application/graphql-response+json;q=0, */*"], json),
        (&["application/json;q=0, */*"], newer),
        (&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], json),
        (&["application/json, multipart/mixed"], json),
        (&["application/json;q=0"], None),
        (&["text/html"], None),
        (&["application/json; charset=iso-8859-1"], None),
        (&["*/*;q=0"], None),
        (&["nonsense"], None),
    ];
    for (values, expected) in table {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, HeaderValue::from_str(value).unwrap());
        }
        assert_eq!(Media::accepted(&headers), expected, "{values:?}");
    }
}
