//! The minutes (biên bản) of a council session as a page that prints: Vietnamese, because they are an act.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::HashMap;

use crate::{
    domain::{
        certificate::legal_day,
        council::{CouncilDuty, HeldBack, Seat, Session},
        id::UserId,
        sheet::SheetState,
    },
    service::councils::Board,
};

const STYLE: &str = "@page{size:A4;margin:2cm}body{font:13pt/1.4 'Times New Roman',serif;max-width:17cm;margin:1cm auto}\
    h1{font-size:15pt;text-align:center;text-transform:uppercase}h2{font-size:13pt;break-after:avoid}\
    table{border-collapse:collapse;width:100%;break-inside:avoid}td,th{border:1px solid #000;padding:2pt 5pt;text-align:left}\
    td.n,th.n{text-align:right}.sign{display:flex;justify-content:space-between;margin-top:1cm;break-inside:avoid}";

/// The minutes of a session that is being closed.
pub(super) fn render(session: &Session, seats: &[Seat], names: &HashMap<UserId, String>, boards: &[Board]) -> String {
    let name = |account: &UserId| names.get(account).map_or("", String::as_str);
    let day = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| legal_day(at).format("%d/%m/%Y").to_string()).unwrap_or_default();
    let page = html! {
        (DOCTYPE)
        html lang="vi" {
            head { meta charset="utf-8"; title { "Biên bản – " (session.name) } style { (PreEscaped(STYLE)) } }
            body {
                h1 { "Biên bản họp Hội đồng đánh giá, phân hạng sản phẩm OCOP" }
                p { "Phiên họp: " b { (session.name) } ". Ngày họp: " (session.held_on.format("%d/%m/%Y")) ". Gửi hồ sơ ngày "
                    (day(session.circulated_at)) ", bắt đầu chấm ngày " (day(session.opened_at)) ", kết thúc ngày " (day(session.closed_at)) "." }
                @if let Some(reason) = &session.early_reason {
                    p { "Họp khi chưa đủ một ngày làm việc sau khi gửi hồ sơ, vì: " (reason) }
                }
                h2 { "1. Thành phần" }
                table {
                    tr { th { "Họ và tên" } th { "Nhiệm vụ" } }
                    @for seat in seats { tr { td { (name(&seat.account)) } td { (duty(seat.duty)) } } }
                }
                h2 { "2. Kết quả" }
                @for (index, board) in boards.iter().enumerate() { (dossier(index + 1, board, &name)) }
                div class="sign" {
                    @for wanted in [CouncilDuty::Secretary, CouncilDuty::Chair] {
                        div { b { (duty(wanted)) } br; br; br; br;
                            @for seat in seats.iter().filter(|s| s.duty == wanted) { (name(&seat.account)) } }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn dossier<'a>(number: usize, board: &Board, name: &impl Fn(&UserId) -> &'a str) -> Markup {
    html! {
        h2 { "2." (number) ". " (board.product.name_vi) }
        p { "Quy định áp dụng: " (board.book.code) ". Hồ sơ: " (board.dossier.id) "." }
        table {
            tr { th { "Thành viên" } th class="n" { "A" } th class="n" { "B" } th class="n" { "C" } th class="n" { "Tổng" } th { "Ghi chú" } }
            @for sheet in &board.sheets {
                @let counts = sheet.state == SheetState::Submitted;
                tr {
                    td { (name(&sheet.member)) }
                    @for points in sheet.totals.parts { td class="n" { @if counts { (points) } } }
                    td class="n" { @if counts { (sheet.totals.total()) } }
                    td {
                        @if !counts { "Không tính phiếu. " }
                        @if board.outliers.contains(&sheet.member) { "Chênh lệch lớn. " }
                        @if !sheet.concerns.is_empty() { "Nêu không đạt: " (sheet.concerns.join(", ")) ". " }
                        @if let Some(remark) = &sheet.remark { (remark) }
                    }
                }
            }
        }
        @if !board.findings.is_empty() {
            table {
                tr { th { "Điều kiện" } th { "Kết luận" } th { "Ghi chú" } }
                @for finding in &board.findings {
                    @let text = board.book.conditions.iter().find(|c| c.code == finding.condition).map_or("", |c| c.text_vi.as_str());
                    tr { td { (text) } td { @if finding.is_met { "Đạt" } @else { "Không đạt" } } td { (finding.note.as_deref().unwrap_or("")) } }
                }
            }
        }
        @if let Some(outcome) = &board.outcome {
            p { "Điểm trung bình: " b { (outcome.average) } ". "
                @match outcome.stars {
                    Some(stars) => { "Đề xuất: " b { (stars.get()) " sao" } "." }
                    None => { b { "Không đề xuất phân hạng." } }
                } }
            @let held = board.held_back();
            @if !held.is_empty() { p { "Chưa cao hơn vì: " (held.iter().map(|h| why(h, board)).collect::<Vec<_>>().join("; ")) "." } }
        }
    }
}

fn why(held: &HeldBack, board: &Board) -> String {
    match held {
        HeldBack::Score { next, points } => format!("hạng {} sao cần từ {points} điểm", next.get()),
        HeldBack::Condition { code, min_stars } => {
            let text = board.book.conditions.iter().find(|c| c.code == *code).map_or("", |c| c.text_vi.as_str());
            format!("không đạt điều kiện của hạng {} sao: {text}", min_stars.get())
        }
    }
}

const fn duty(duty: CouncilDuty) -> &'static str {
    match duty {
        CouncilDuty::Chair => "Chủ tịch Hội đồng",
        CouncilDuty::Secretary => "Thư ký",
        CouncilDuty::Member => "Thành viên",
    }
}
