//! The page a person opens to see the shop.

use std::fmt::{self, Write};

use crate::sandbox::{
    item::{Item, ItemStatus},
    state::Shop,
};

const MAX_ROWS: usize = 500;

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sàn thử nghiệm</title>
<style>
body { font-family: system-ui, sans-serif; line-height: 1.5; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: .5rem; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }
img { display: block; height: 4rem; width: 4rem; object-fit: cover; }
small { color: #555; }
tr.off { color: #767676; }
</style>
</head>
<body>
<h1>Sàn thử nghiệm</h1>
<p>Gian hàng giả lập Shopee chạy trên máy này. Không có gì ở đây được bán thật.</p>
"#;

const TABLE: &str = "<table>\n<thead><tr><th>Ảnh</th><th>Sản phẩm</th><th class=\"number\">Giá</th><th class=\"number\">Tồn kho</th>\
    <th>Trạng thái</th></tr></thead>\n<tbody>\n";

/// The page, newest items first.
pub(crate) fn render(shop: &Shop) -> String {
    let mut page = HEAD.to_owned();
    write_body(&mut page, shop).expect("writing to a text can't fail");
    page.push_str("</body>\n</html>\n");
    page
}

/// `185000` as `185.000 ₫`.
pub(crate) fn dong(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::from(if amount < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text + " ₫"
}

/// Safe inside an element and inside a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn write_body(page: &mut String, shop: &Shop) -> fmt::Result {
    if shop.items.is_empty() {
        return writeln!(page, "<p>Chưa có sản phẩm nào.</p>");
    }
    writeln!(page, "<p>{} sản phẩm.</p>", shop.items.len())?;
    page.push_str(TABLE);
    for item in shop.items.values().rev().take(MAX_ROWS) {
        write_row(page, item, shop)?;
    }
    page.push_str("</tbody>\n</table>\n");
    if shop.items.len() > MAX_ROWS {
        writeln!(page, "<p>Chỉ hiện {MAX_ROWS} sản phẩm mới nhất.</p>")?;
    }
    Ok(())
}

fn write_row(page: &mut String, item: &Item, shop: &Shop) -> fmt::Result {
    let class = if item.status == ItemStatus::Normal { "" } else { " class=\"off\"" };
    let picture = item.images.iter().find(|id| shop.picture(id).is_some());
    let picture = picture.map(|id| format!("<img src=\"/file/{}\" alt=\"\">", escape(id))).unwrap_or_default();
    let (name, sku) = (escape(&item.item_name), escape(&item.item_sku));
    write!(page, "<tr{class}><td>{picture}</td><td>{name}<br><small>{sku} · {}</small></td>", item.item_id)?;
    write!(page, "<td class=\"number\">{}</td><td class=\"number\">{}</td>", dong(item.price), item.stock)?;
    writeln!(page, "<td>{}</td></tr>", status_words(item.status))
}

fn status_words(status: ItemStatus) -> &'static str {
    match status {
        ItemStatus::Normal => "Đang bán",
        ItemStatus::Banned => "Bị sàn khóa",
        ItemStatus::Unlist => "Đã ẩn",
        ItemStatus::Reviewing => "Chờ duyệt",
        ItemStatus::SellerDelete => "Đã xóa",
        ItemStatus::ShopeeDelete => "Bị sàn xóa",
    }
}
