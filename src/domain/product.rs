//! Products: the six groups of the programme, states, net content.

/// The six product groups of Decisions 919/QĐ-TTg (2022) and 148/QĐ-TTg (2023).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProductGroup {
    /// Thực phẩm.
    Food,
    /// Đồ uống.
    Drink,
    /// Dược liệu và sản phẩm từ dược liệu.
    Herbal,
    /// Hàng thủ công mỹ nghệ, includes textiles.
    Handicraft,
    /// Sinh vật cảnh.
    Ornamental,
    /// Dịch vụ du lịch cộng đồng, du lịch sinh thái và điểm du lịch.
    Tourism,
}
