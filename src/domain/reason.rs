//! Why an input is refused: a code for programs and a sentence for people, in Vietnamese and English.

/// A language the service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// Vietnamese, the default.
    #[default]
    Vi,
    /// English.
    En,
}

/// One refused input: where and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Path of the input from the mutation's arguments, for example `["input", "variants", "2", "gtin"]`.
    pub path: Vec<String>,
    /// Why.
    pub reason: Reason,
}

impl Refusal {
    /// A refusal of the argument at a dotted path, for example `input.price`.
    pub fn at(path: &str, reason: Reason) -> Self {
        Self { path: path.split('.').filter(|p| !p.is_empty()).map(str::to_owned).collect(), reason }
    }
}

/// Declares the reasons: variant, code, Vietnamese sentence, English sentence.
macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident $({ $($field:ident: $type:ty),+ })? = $code:ident, $vi:literal, $en:literal;)+) => {
        /// Why an input is refused.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Reason { $($(#[$doc])* $variant $({ $(#[doc = stringify!($field)] $field: $type),+ })?),+ }

        impl Reason {
            /// Every code.
            pub const CODES: &'static [&'static str] = &[$(stringify!($code)),+];

            /// The stable code for programs.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant $({ $($field: _),+ })? => stringify!($code)),+ }
            }

            /// The sentence for people. Never parsed by programs.
            pub fn sentence(&self, locale: Locale) -> String {
                match (locale, self) {
                    $((Locale::Vi, Self::$variant $({ $($field),+ })?) => format!($vi),
                      (Locale::En, Self::$variant $({ $($field),+ })?) => format!($en),)+
                }
            }
        }
    };
}

reasons! {
    /// Missing or blank.
    Required = REQUIRED, "Cần nhập trường này.", "This field is required.";
    /// Longer than allowed.
    TooLong { max: usize } = TOO_LONG, "Tối đa {max} ký tự.", "At most {max} characters.";
    /// Shorter than allowed.
    TooShort { min: usize } = TOO_SHORT, "Ít nhất {min} ký tự.", "At least {min} characters.";
    /// More items than allowed.
    TooMany { max: usize } = TOO_MANY, "Tối đa {max} mục.", "At most {max} items.";
    /// Not within a number of characters.
    LengthOutOfRange { min: usize, max: usize } = LENGTH_OUT_OF_RANGE, "Cần từ {min} đến {max} ký tự.", "{min} to {max} characters are needed.";
    /// The channel sells nothing of the kind.
    NoChannelCategory = NO_CHANNEL_CATEGORY, "Sàn chưa có ngành hàng cho nhóm sản phẩm này; hãy chọn ngành hàng trong cài đặt gian hàng.", "The channel has no category for this group; choose one in the channel's settings.";
    /// The channel's category requires more than the catalog has.
    MissingAttribute { code: String, name: String } = MISSING_ATTRIBUTE, "Ngành hàng trên sàn bắt buộc có thuộc tính “{name}”; hãy đặt “attribute_{code}” trong cài đặt gian hàng.", "The channel's category requires the attribute “{name}”; give it as “attribute_{code}” in the channel's settings.";
    /// A channel with an API is not told about by people.
    NotAPortal = NOT_A_PORTAL, "Kênh này có kết nối tự động, không làm việc qua tệp.", "This channel is connected by its API and is not worked with a file.";
    /// A file that can't be read as a table.
    NotATable { detail: String } = NOT_A_TABLE, "Không đọc được bảng trong tệp: {detail}.", "The file can't be read as a table: {detail}.";
    /// A table without a column.
    MissingColumn { name: String } = MISSING_COLUMN, "Thiếu cột “{name}”; hãy dùng tệp tải từ kênh này.", "The column “{name}” is missing; use the file fetched from this channel.";
    /// Outside a range.
    OutOfRange { min: i64, max: i64 } = OUT_OF_RANGE, "Giá trị phải từ {min} đến {max}.", "The value must be from {min} to {max}.";
    /// Not an e-mail address.
    InvalidEmail = INVALID_EMAIL, "Địa chỉ thư điện tử không hợp lệ.", "This is not a valid e-mail address.";
    /// Not an absolute http or https address.
    InvalidUrl = INVALID_URL, "Cần một địa chỉ đầy đủ bắt đầu bằng https:// hoặc http://.", "A full address starting with https:// or http:// is needed.";
    /// Not a tax code.
    InvalidTaxCode = INVALID_TAX_CODE, "Mã số thuế có 10 chữ số, hoặc 10 chữ số, dấu gạch và 3 chữ số.", "A tax code has 10 digits, or 10 digits, a hyphen and 3 digits.";
    /// Not thirteen digits.
    InvalidGtin = INVALID_GTIN, "GTIN-13 gồm đúng 13 chữ số.", "A GTIN-13 has exactly 13 digits.";
    /// The last digit is wrong.
    GtinCheckDigit { expected: u8 } = GTIN_CHECK_DIGIT, "Chữ số kiểm tra của GTIN phải là {expected}.", "The GTIN's check digit should be {expected}.";
    /// Not an SKU.
    InvalidSku = INVALID_SKU, "Mã SKU chỉ gồm chữ cái không dấu, chữ số, dấu gạch, dấu chấm; tối đa 50 ký tự.", "An SKU has unaccented letters, digits, hyphens, dots and underscores only, at most 50.";
    /// Not a number.
    InvalidNumber = INVALID_NUMBER, "Cần một số.", "A number is needed.";
    /// Đồng have no fraction.
    FractionalVnd = FRACTIONAL_VND, "Giá bằng đồng không có phần lẻ.", "A price in đồng has no fraction.";
    /// Zero or negative money.
    PriceNotPositive = PRICE_NOT_POSITIVE, "Giá phải lớn hơn 0.", "The price must be above 0.";
    /// Above the limit.
    PriceTooLarge = PRICE_TOO_LARGE, "Giá quá lớn.", "The price is too large.";
    /// Only VND.
    UnsupportedCurrency = UNSUPPORTED_CURRENCY, "Chỉ nhận giá bằng VND.", "Only VND is accepted.";
    /// Bad net content.
    InvalidQuantity = INVALID_QUANTITY, "Khối lượng tịnh phải lớn hơn 0, tối đa 3 chữ số thập phân.", "The net content must be above 0 with at most 3 decimals.";
    /// Bad months.
    InvalidMonths = INVALID_MONTHS, "Tháng phải từ 1 đến 12, không trùng nhau.", "Months are 1 to 12, each once.";
    /// No such commune in force.
    UnknownCommune = UNKNOWN_COMMUNE, "Không có xã, phường nào mang mã này từ 01/07/2025.", "No commune in force since 2025-07-01 has this code.";
    /// A name that several communes had.
    AmbiguousCommune { districts: String } = AMBIGUOUS_COMMUNE, "Nhiều xã cùng tên; hãy nêu huyện: {districts}.", "Several communes had that name; name one of the districts: {districts}.";
    /// No such value.
    UnknownValue { allowed: String } = UNKNOWN_VALUE, "Giá trị không có; chọn một trong: {allowed}.", "Unknown value; choose one of: {allowed}.";
    /// Ends before it starts.
    EndBeforeStart = END_BEFORE_START, "Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the start.";
    /// A day that has not come.
    DateInFuture = DATE_IN_FUTURE, "Ngày không được ở tương lai.", "The date can't be in the future.";
    /// Not found, or not theirs: the two look alike on purpose.
    NotFound = NOT_FOUND, "Không tìm thấy.", "Not found.";
    /// Somebody changed it first.
    StaleVersion { current: i32 } = STALE_VERSION, "Dữ liệu đã được sửa (phiên bản hiện tại {current}); hãy tải lại rồi sửa.", "It was changed by someone else (current version {current}); reload and try again.";
    /// Used already.
    Taken = TAKEN, "Giá trị này đã được dùng.", "This value is already in use.";
    /// Given twice in one request.
    Duplicate = DUPLICATE, "Giá trị này xuất hiện hai lần.", "This value is given twice.";
    /// Not allowed in this state.
    WrongState { state: String } = WRONG_STATE, "Không thể thực hiện khi đang ở trạng thái {state}.", "Not possible while in state {state}.";
    /// Cannot be published.
    NotRated = NOT_RATED, "Sản phẩm chưa được công nhận từ 3 sao trở lên nên chưa thể đăng bán.", "The product has no rating of three stars or more, so it can't be published.";
    /// Cannot be published.
    CertificateExpired = CERTIFICATE_EXPIRED, "Giấy chứng nhận OCOP đã hết hạn; cần đánh giá lại trước khi đăng bán.", "The OCOP certificate has expired; the product must be rated again before it can be published.";
    /// Cannot be published.
    RatingRevoked = RATING_REVOKED, "Kết quả công nhận OCOP đã bị thu hồi.", "The OCOP rating has been withdrawn.";
    /// Cannot act.
    ProducerSuspended = PRODUCER_SUSPENDED, "Chủ thể đang bị tạm dừng.", "The producer is suspended.";
    /// A rated product keeps its identity.
    RatedFieldLocked = RATED_FIELD_LOCKED, "Không thể đổi mục này khi giấy chứng nhận còn hiệu lực; hãy mở hồ sơ mới.", "This can't change while the certificate is valid; open a new dossier.";
    /// Something is needed first.
    ProducerMissing = PRODUCER_MISSING, "Sản phẩm chưa có chủ thể.", "The product has no producer.";
    /// Something is needed first.
    GroupMissing = GROUP_MISSING, "Sản phẩm chưa có nhóm OCOP.", "The product has no OCOP group.";
    /// Something is needed first.
    VariantMissing = VARIANT_MISSING, "Sản phẩm cần ít nhất một quy cách đóng gói.", "The product needs at least one variant.";
    /// A listing is in the way.
    VariantInUse = VARIANT_IN_USE, "Quy cách này đang được đăng bán; hãy ngừng đăng trước.", "This variant is listed for sale; take the listing back first.";
    /// One at a time.
    DossierOpen = DOSSIER_OPEN, "Sản phẩm đang có một hồ sơ chưa xong.", "The product already has an open dossier.";
    /// The authority table of the law.
    AuthorityMayNotGrant { stars: u8, needed: String } = AUTHORITY_MAY_NOT_GRANT, "Cấp này không có thẩm quyền công nhận {stars} sao; cần cấp {needed}.", "This authority may not grant {stars} stars; it takes {needed}.";
    /// Certificates start at three stars.
    StarsNotCertified { stars: u8 } = STARS_NOT_CERTIFIED, "Chỉ công nhận từ 3 sao; {stars} sao không được cấp giấy chứng nhận.", "Certificates start at 3 stars; {stars} stars are not certified.";
    /// Stars are 1 to 5.
    InvalidStars = INVALID_STARS, "Số sao từ 1 đến 5.", "Stars are 1 to 5.";
    /// Scores are 0 to 100.
    InvalidScore = INVALID_SCORE, "Điểm từ 0 đến 100, tối đa 2 chữ số thập phân.", "A score is 0 to 100 with at most 2 decimals.";
    /// Districts are gone, the new rule not yet in force.
    NoAuthorityOnDate = NO_AUTHORITY_ON_DATE, "Vào ngày này không cấp nào có thẩm quyền công nhận.", "No authority could grant ratings on that day.";
    /// The band of the score.
    StarsAboveScore { stars: u8, band: u8 } = STARS_ABOVE_SCORE, "Điểm này ứng với {band} sao, không phải {stars} sao.", "This score is in the band of {band} stars, not {stars}.";
    /// Five stars.
    NationalDecisionNeeded = NATIONAL_DECISION_NEEDED, "Công nhận 5 sao cần quyết định của Bộ.", "Five stars need the ministry's decision.";
    /// Separation of duties.
    OwnProduct = OWN_PRODUCT, "Không được quyết định hồ sơ của chủ thể mà mình là thành viên.", "You can't decide on a producer you belong to.";
    /// Separation of duties.
    DutyConflict { duty: String } = DUTY_CONFLICT, "Người đã tham gia hồ sơ này với vai trò {duty} không được làm việc này.", "Someone who acted on this dossier as {duty} can't do this.";
    /// The conflict of interest of a council member.
    ConflictOfInterest = CONFLICT_OF_INTEREST, "Thành viên này có xung đột lợi ích với hồ sơ; phiếu không được tính.", "This member has a conflict of interest with the dossier; the sheet does not count.";
    /// A rulebook that does not hold together.
    InvalidRulebook { detail: String } = INVALID_RULEBOOK, "Bộ quy định không hợp lệ: {detail}.", "The rulebook is wrong: {detail}.";
    /// Something is needed first.
    CommuneMissing = COMMUNE_MISSING, "Sản phẩm hoặc chủ thể cần có xã, phường.", "The product or its producer needs a commune.";
    /// No rulebook for the day.
    NoRulebook = NO_RULEBOOK, "Không có bộ tiêu chí nào có hiệu lực vào ngày này.", "No rulebook is in force on that day.";
    /// Something is needed first.
    CriteriaSetMissing = CRITERIA_SET_MISSING, "Hãy chọn bộ tiêu chí của sản phẩm.", "Choose the product's criteria set.";
    /// A set of another rulebook or group, or a draft.
    CriteriaSetUnfit = CRITERIA_SET_UNFIT, "Bộ tiêu chí này không thuộc bộ quy định đang áp dụng, không hợp nhóm sản phẩm hoặc chưa ban hành.", "This criteria set is of another rulebook or group, or not published.";
    /// A mandatory document.
    DocumentMissing { document: String } = DOCUMENT_MISSING, "Thiếu tài liệu bắt buộc: {document}.", "A mandatory document is missing: {document}.";
    /// A criterion without points.
    CriterionMissing { criterion: String } = CRITERION_MISSING, "Chưa chấm tiêu chí: {criterion}.", "No points for criterion: {criterion}.";
    /// No criterion at that place.
    UnknownCriterion = UNKNOWN_CRITERION, "Bộ tiêu chí không có tiêu chí này.", "The criteria set has no such criterion.";
    /// Points that are no option.
    PointsNotAllowed { criterion: String, allowed: String } = POINTS_NOT_ALLOWED, "Tiêu chí {criterion} chỉ nhận các mức điểm: {allowed}.", "Criterion {criterion} takes only these points: {allowed}.";
    /// A rubric that does not add up.
    PartSumWrong { part: String, sum: i64, maximum: i64 } = PART_SUM_WRONG, "Phần {part} có tổng {sum} điểm, phải là {maximum}.", "Part {part} adds up to {sum} points, it must be {maximum}.";
    /// A rubric whose options do not fit.
    OptionsMissMaximum { max: i32 } = OPTIONS_MISS_MAXIMUM, "Mức điểm cao nhất phải bằng {max} và không mức nào vượt quá.", "The highest option must be {max}, and none may lie outside 0 to it.";
    /// A published thing.
    AlreadyPublished = ALREADY_PUBLISHED, "Đã ban hành nên không sửa được; hãy lập phiên bản mới.", "It is published and can't change; make a new edition.";
    /// Each asked item needs one.
    AnswerMissing = ANSWER_MISSING, "Cần trả lời mục này.", "This item needs an answer.";
    /// Fewer items than needed.
    TooFew { min: usize } = TOO_FEW, "Cần ít nhất {min} mục.", "At least {min} items are needed.";
    /// Seats of a council.
    CouncilSeats = COUNCIL_SEATS, "Hội đồng cần đúng một chủ tịch và một thư ký.", "A council needs exactly one chair and one secretary.";
    /// Not a council member by office.
    NotCouncilMember = NOT_COUNCIL_MEMBER, "Tài khoản này không giữ vai trò thành viên hội đồng.", "This account does not hold the office of a council member.";
    /// Only the chair.
    ChairOnly = CHAIR_ONLY, "Chỉ chủ tịch hội đồng được làm việc này.", "Only the chair of the council can do this.";
    /// The law's working day.
    CirculatedTooLate { first_day: String } = CIRCULATED_TOO_LATE, "Hồ sơ phải gửi trước cuộc họp ít nhất một ngày làm việc (sớm nhất {first_day}); nếu họp sớm hơn, hãy nêu lý do.", "Dossiers go out one working day before the meeting (first possible {first_day}); to meet earlier, give a reason.";
    /// Sheets not handed in.
    SheetsMissing { names: String } = SHEETS_MISSING, "Chưa nộp phiếu: {names}.", "Sheets are not handed in: {names}.";
    /// Too few sheets count.
    TooFewSheets { min: usize } = TOO_FEW_SHEETS, "Hồ sơ cần ít nhất {min} phiếu được tính.", "The dossier needs at least {min} sheets that count.";
    /// No verdict on a condition.
    FindingMissing { condition: String } = FINDING_MISSING, "Chưa kết luận điều kiện: {condition}.", "No finding on condition: {condition}.";
    /// A decision older than its council.
    DecisionBeforeCouncil { day: String } = DECISION_BEFORE_COUNCIL, "Quyết định không được ký trước ngày hội đồng kết thúc ({day}).", "A decision can't be signed before its council closed ({day}).";
    /// More than the council proposed.
    StarsAboveProposal { stars: u8, proposed: u8 } = STARS_ABOVE_PROPOSAL, "Hội đồng đề xuất {proposed} sao, không thể công nhận {stars} sao.", "The council proposed {proposed} stars; {stars} can't be granted.";
    /// Too few points for the ministry.
    NotProposable { points: u16 } = NOT_PROPOSABLE, "Chỉ đề nghị Bộ đánh giá sản phẩm đạt từ {points} điểm và được đề xuất 5 sao.", "Only products of {points} points or more that are proposed for five stars go to the ministry.";
    /// Nothing to reinstate.
    NotWithdrawn = NOT_WITHDRAWN, "Kết quả công nhận này không bị thu hồi.", "This rating is not withdrawn.";
    /// A file of another type than it says.
    FileTypeMismatch { found: String } = FILE_TYPE_MISMATCH, "Nội dung tệp không đúng loại đã khai (thực tế: {found}).", "The file is not of the type it was announced as (found: {found}).";
    /// A type that is not taken.
    FileTypeNotAllowed = FILE_TYPE_NOT_ALLOWED, "Chỉ nhận PDF, JPEG, PNG, WebP, DOCX, XLSX.", "Only PDF, JPEG, PNG, WebP, DOCX and XLSX are taken.";
    /// Not a hash.
    InvalidSha256 = INVALID_SHA256, "SHA-256 gồm 64 chữ số thập lục phân.", "A SHA-256 has 64 hexadecimal digits.";
    /// Other bytes than announced.
    FileDiffers = FILE_DIFFERS, "Tệp khác với kích thước hoặc SHA-256 đã khai.", "The file has another size or SHA-256 than announced.";
    /// An archive that expands without measure.
    FileExpands = FILE_EXPANDS, "Tệp nén giãn ra quá lớn.", "The compressed file expands without measure.";
    /// Not there yet.
    UploadNotStored = UPLOAD_NOT_STORED, "Tệp chưa được tải lên.", "The file is not uploaded yet.";
    /// The last owner stays.
    LastOwner = LAST_OWNER, "Chủ thể cần ít nhất một chủ sở hữu.", "A producer needs at least one owner.";
    /// Wrong addressee.
    InvitationForOther = INVITATION_FOR_OTHER, "Lời mời này dành cho địa chỉ thư khác.", "This invitation is for another e-mail address.";
    /// No one grants what they lack.
    MayNotGrant = MAY_NOT_GRANT, "Không thể trao quyền mà mình không có.", "You can't grant what you don't hold.";
    /// Login.
    BadCredentials = BAD_CREDENTIALS, "Sai thư điện tử hoặc mật khẩu.", "Wrong e-mail or password.";
    /// Refresh.
    BadRefreshToken = BAD_REFRESH_TOKEN, "Phiên đăng nhập đã hết hiệu lực; hãy đăng nhập lại.", "The session is no longer valid; sign in again.";
    /// No adapter of that name.
    UnknownAdapter { allowed: String } = UNKNOWN_ADAPTER, "Không có kênh này; chọn một trong: {allowed}.", "No such adapter; choose one of: {allowed}.";
    /// Settings of an adapter.
    InvalidSettings { detail: String } = INVALID_SETTINGS, "Thông tin kết nối không đúng: {detail}.", "The connection settings are wrong: {detail}.";
    /// The change a cursor stands for is not there.
    NotReachedYet = NOT_REACHED_YET, "Thay đổi của con trỏ này chưa có ở đây; hãy thử lại sau.", "The change that this cursor stands for has not arrived here; try again later.";
    /// A cursor that can't be used.
    CursorInvalid = CURSOR_INVALID, "Đây không phải con trỏ của dịch vụ này, hoặc đã quá cũ; hãy lấy lại toàn bộ danh mục.", "This is not a cursor of this service, or one of an earlier life of it; take a snapshot.";
    /// A cursor of another kind of list.
    CursorMismatch = CURSOR_MISMATCH, "Con trỏ này không thuộc luồng thay đổi, hoặc danh mục chưa được đọc hết.", "This cursor is not one of the feed, or its snapshot was not read to the end.";
    /// A name that consumers of the feed can't have.
    InvalidName = INVALID_NAME, "Tên chỉ gồm chữ cái không dấu, chữ số, dấu gạch ngang, gạch dưới và dấu chấm.", "Names are made of unaccented letters, digits, hyphens, underscores and dots.";
    /// Same key, other arguments.
    IdempotencyKeyReused = IDEMPOTENCY_KEY_REUSED, "Khóa này đã được dùng cho một yêu cầu khác.", "This idempotency key was used for another request.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sentences_carry_their_values() {
        let mut codes = Reason::CODES.to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::CODES.len());
        let reason = Reason::StaleVersion { current: 7 };
        assert_eq!(reason.code(), "STALE_VERSION");
        assert!(reason.sentence(Locale::Vi).contains("phiên bản hiện tại 7"));
        assert!(reason.sentence(Locale::En).contains("current version 7"));
    }

    #[test]
    fn paths_are_split_at_dots() {
        assert_eq!(Refusal::at("input.variants.2.gtin", Reason::Required).path, ["input", "variants", "2", "gtin"]);
    }
}
