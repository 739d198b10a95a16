//! What a person does about a failed push: one sentence in their language that names the field and the fix.

use crate::domain::{reason::Locale, sync::Trouble};

/// The code of an item that a person must take off a portal without an API.
pub const BY_HAND: &str = "by_hand";
/// The code of an item that the marketplace reviews and does not let change meanwhile.
pub const IN_REVIEW: &str = "in_review";

/// The sentence for a failure with its code; `field` is ours, as in the API.
pub fn advice((trouble, code): (Trouble, &str), field: Option<&str>, locale: Locale) -> String {
    match (locale, code) {
        (Locale::Vi, BY_HAND) => return "Cần một người gỡ sản phẩm khỏi sàn rồi báo lại bằng tệp của kênh hoặc trên trang này.".to_owned(),
        (Locale::En, BY_HAND) => {
            return "A person must take the item off the portal and report it, by the channel's file or here.".to_owned();
        }
        (Locale::Vi, IN_REVIEW) => {
            return "Sàn đang duyệt sản phẩm; thay đổi được gửi tiếp sau khi duyệt, anh/chị chưa cần làm gì.".to_owned();
        }
        (Locale::En, IN_REVIEW) => {
            return "The channel reviews the item; the change is sent after the review, nothing is to be done.".to_owned();
        }
        _ => {}
    }
    match locale {
        Locale::Vi => vietnamese(trouble, field),
        Locale::En => english(trouble, field),
    }
}

fn vietnamese(trouble: Trouble, field: Option<&str>) -> String {
    let text = match trouble {
        Trouble::Transient | Trouble::Unknown => "Sàn tạm thời không trả lời. Hệ thống tự thử lại, anh/chị chưa cần làm gì.",
        Trouble::RateLimited => "Sàn yêu cầu gửi chậm lại. Hệ thống tự thử lại, anh/chị chưa cần làm gì.",
        Trouble::QuotaUsed => "Đã dùng hết số lượt sàn cho phép trong ngày. Hệ thống tự gửi tiếp khi sang ngày mới của sàn.",
        Trouble::TokenExpired | Trouble::NeedsReauth => {
            "Sàn không còn chấp nhận kết nối này. Người quản lý gian hàng cần đăng nhập sàn và cấp quyền lại."
        }
        Trouble::AlreadyExists => {
            "Trên sàn đã có sản phẩm mang mã này. Hệ thống đang tìm để nối lại; nếu mã thuộc sản phẩm khác, hãy đổi mã trên sàn."
        }
        Trouble::NotFound => "Sản phẩm không còn trên sàn (có thể đã bị xoá bằng tay). Hệ thống sẽ tạo lại.",
        Trouble::Locked => {
            "Sàn đang khoá sản phẩm này (khuyến mãi hoặc nghỉ bán). Hệ thống thử lại sau; muốn nhanh hơn, hãy gỡ sản phẩm khỏi chương trình."
        }
        Trouble::Config => "Cấu hình kết nối với sàn chưa đúng (khoá, quyền, địa chỉ hoặc đồng hồ máy chủ). Người vận hành cần kiểm tra.",
        Trouble::Rejected => {
            return match field.and_then(|field| name_of(field).map(|(vi, _, fix, _)| (vi, fix))) {
                Some((name, fix)) => format!("Sàn không nhận {name}. {fix}"),
                None => "Sàn không nhận nội dung này. Hãy đọc lời báo của sàn, sửa tin đăng rồi lưu lại; hệ thống tự gửi lại.".to_owned(),
            };
        }
    };
    text.to_owned()
}

fn english(trouble: Trouble, field: Option<&str>) -> String {
    let text = match trouble {
        Trouble::Transient | Trouble::Unknown => {
            "The channel does not answer for now. It is tried again by itself; nothing needs to be done."
        }
        Trouble::RateLimited => "The channel asks for fewer calls. It is tried again by itself; nothing needs to be done.",
        Trouble::QuotaUsed => "The channel's allowance of the day is used up. It goes on by itself when the channel's day ends.",
        Trouble::TokenExpired | Trouble::NeedsReauth => {
            "The channel no longer accepts this connection. The shop's owner must authorise it again."
        }
        Trouble::AlreadyExists => {
            "The channel has an item under this key. It is being looked for; if the key belongs to another item, change it there."
        }
        Trouble::NotFound => "The item is no longer on the channel (deleted by hand, perhaps). It will be created again.",
        Trouble::Locked => {
            "The channel has locked this item (promotion or holiday). It is tried again later; take it out of the promotion to be faster."
        }
        Trouble::Config => {
            "The connection is set up wrongly (key, permission, address or the server's clock). The operator must look at it."
        }
        Trouble::Rejected => {
            return match field.and_then(|field| name_of(field).map(|(_, en, _, fix)| (en, fix))) {
                Some((name, fix)) => format!("The channel refuses the {name}. {fix}"),
                None => "The channel refuses this content. Read its message, change the listing and save; it is sent again by itself."
                    .to_owned(),
            };
        }
    };
    text.to_owned()
}

/// A field's name and what to do about it, in Vietnamese and English.
fn name_of(field: &str) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    Some(match field {
        "title" => (
            "tên tin đăng",
            "title",
            "Hãy sửa tên cho đúng độ dài và cách viết sàn cho phép.",
            "Change the title to the length and wording the channel allows.",
        ),
        "description" => (
            "phần mô tả",
            "description",
            "Hãy viết mô tả đủ dài, không có liên kết hay từ bị cấm.",
            "Write a description that is long enough, without links or forbidden words.",
        ),
        "price" => ("giá bán", "price", "Hãy đặt giá trong khoảng sàn cho phép.", "Set a price within the channel's range."),
        "stock" => ("số lượng tồn", "stock", "Hãy nhập số lượng sàn cho phép.", "Set a stock that the channel allows."),
        "media" => (
            "hình ảnh",
            "pictures",
            "Hãy dùng ảnh JPG hoặc PNG, rõ nét, dưới 10 MB, địa chỉ mở được công khai.",
            "Use clear JPG or PNG pictures below 10 MB whose address is public.",
        ),
        "group" => (
            "ngành hàng",
            "category",
            "Hãy chọn ngành hàng của sàn cho nhóm sản phẩm này trong phần cài đặt gian hàng.",
            "Choose the channel's category for this product group in the channel's settings.",
        ),
        "weightGrams" => ("khối lượng", "weight", "Hãy nhập khối lượng cả bao bì của quy cách.", "Enter the packed weight of the variant."),
        "gtin" => ("mã vạch GTIN", "GTIN", "Hãy kiểm tra lại mã vạch, hoặc bỏ trống.", "Check the barcode, or leave it out."),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_has_a_sentence_in_both_languages() {
        for trouble in Trouble::ALL {
            for field in [None, Some("title"), Some("unheardOf")] {
                let [vi, en] = [Locale::Vi, Locale::En].map(|locale| advice((*trouble, ""), field, locale));
                assert!(vi.ends_with('.') && en.ends_with('.') && vi != en, "{trouble:?} {field:?}: {vi} / {en}");
            }
        }
    }

    #[test]
    fn a_refused_field_is_named_with_its_fix() {
        for (field, part) in [
            ("title", "tên tin đăng"),
            ("description", "phần mô tả"),
            ("price", "giá bán"),
            ("stock", "số lượng tồn"),
            ("media", "JPG hoặc PNG"),
            ("group", "ngành hàng"),
            ("weightGrams", "khối lượng"),
            ("gtin", "mã vạch"),
        ] {
            let sentence = advice((Trouble::Rejected, ""), Some(field), Locale::Vi);
            assert!(sentence.contains(part), "{field}: {sentence}");
        }
    }
}
