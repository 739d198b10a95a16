//! The file of a portal: one row a listing, with what is to be done, and columns for what the portal made of it.

use rust_xlsxwriter::{DataValidation, Format, Url, Workbook, Worksheet, XlsxError};

use crate::{
    domain::{
        fold,
        reason::{Locale, Reason, Refusal},
        sync::ByHand,
    },
    marketplace::file::{PortalItem, Said, Todo},
    service::imports::Table,
};

/// Pictures in columns of their own.
const PICTURES: usize = 5;
/// The longest address that a cell may link to.
const LONGEST_LINK: usize = 2_000;

/// A column: its headers in Vietnamese and in English, and its width in characters.
struct Column {
    vi: &'static str,
    en: &'static str,
    width: u8,
}

const fn column(vi: &'static str, en: &'static str, width: u8) -> Column {
    Column { vi, en, width }
}

const KEY: Column = column("Mã", "Key", 20);
const VERSION: Column = column("Phiên bản", "Version", 10);
const STATE: Column = column("Tình trạng trên sàn", "State on the portal", 20);
const ADDRESS: Column = column("Địa chỉ trên sàn", "Address on the portal", 30);
const NOTE: Column = column("Sàn trả lời", "The portal's answer", 30);

/// Columns before the pictures.
const FACTS: [Column; 11] = [
    KEY,
    column("Việc cần làm", "To do", 14),
    column("Tên sản phẩm", "Title", 40),
    column("Mô tả", "Description", 60),
    column("Nhóm sản phẩm", "Product group", 16),
    column("Chủ thể", "Producer", 30),
    column("Số sao OCOP", "OCOP stars", 10),
    column("Giá (đồng)", "Price (VND)", 12),
    column("Tồn kho", "Stock", 10),
    column("Mã vạch (GTIN)", "GTIN", 16),
    column("Khối lượng (g)", "Weight (g)", 12),
];
const PICTURE: Column = column("Ảnh", "Picture", 30);
const ANSWERS: [Column; 4] = [VERSION, STATE, ADDRESS, NOTE];

const STATES: [(ByHand, &str, &str); 4] = [
    (ByHand::Shown, "Đang bán", "On sale"),
    (ByHand::Hidden, "Đã ẩn", "Hidden"),
    (ByHand::Refused, "Bị từ chối", "Refused"),
    (ByHand::Gone, "Không có", "Not there"),
];

const fn todo(todo: Todo, locale: Locale) -> &'static str {
    match (todo, locale) {
        (Todo::PutUp, Locale::Vi) => "Đăng lên",
        (Todo::PutUp, Locale::En) => "Put up",
        (Todo::Change, Locale::Vi) => "Sửa",
        (Todo::Change, Locale::En) => "Change",
        (Todo::TakeOff, Locale::Vi) => "GỠ XUỐNG",
        (Todo::TakeOff, Locale::En) => "TAKE OFF",
        (Todo::Nothing, _) => "",
    }
}

/// Writes the workbook.
pub(super) fn write(items: &[PortalItem], locale: Locale) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let pictures = (1..=PICTURES).map(|number| (&PICTURE, Some(number)));
    let columns = FACTS.iter().map(|c| (c, None)).chain(pictures).chain(ANSWERS.iter().map(|c| (c, None)));
    let head = Format::new().set_bold();
    for (at, (column, number)) in (0u16..).zip(columns) {
        let name = if locale == Locale::Vi { column.vi } else { column.en };
        let name = number.map_or_else(|| name.to_owned(), |number| format!("{name} {number}"));
        sheet.write_string_with_format(0, at, name, &head)?;
        sheet.set_column_width(at, column.width)?;
    }
    sheet.set_freeze_panes(1, 1)?;
    let states: Vec<&str> = STATES.iter().map(|(_, vi, en)| if locale == Locale::Vi { *vi } else { *en }).collect();
    let answers = first_answer();
    if let Some(last) = u32::try_from(items.len()).ok().filter(|last| *last > 0) {
        sheet.add_data_validation(1, answers + 1, last, answers + 1, &DataValidation::new().allow_list_strings(&states)?)?;
    }
    for (row, item) in (1u32..).zip(items) {
        write_row(sheet, row, item, locale)?;
    }
    book.save_to_buffer()
}

/// The first column after the pictures.
fn first_answer() -> u16 {
    u16::try_from(FACTS.len() + PICTURES).unwrap_or(u16::MAX)
}

fn write_row(sheet: &mut Worksheet, row: u32, item: &PortalItem, locale: Locale) -> Result<(), XlsxError> {
    let (wanted, said) = (&item.wanted, item.said.as_ref());
    let mut cells = Cells { sheet, row, next: 0 };
    cells.text(&wanted.key)?;
    cells.text(todo(wanted.todo(said), locale))?;
    for text in [&wanted.title, &wanted.description, &wanted.group, &wanted.producer] {
        cells.text(text)?;
    }
    for number in [i64::from(wanted.stars), wanted.price, i64::from(wanted.stock)] {
        cells.number(number)?;
    }
    cells.text(wanted.gtin.as_deref().unwrap_or_default())?;
    cells.number(i64::from(wanted.weight_grams))?;
    for at in 0..PICTURES {
        cells.link(wanted.pictures.get(at).map_or("", String::as_str))?;
    }
    cells.text(&wanted.version())?;
    let state = said.and_then(|said| STATES.iter().find(|(state, ..)| *state == said.state));
    cells.text(state.map_or("", |(_, vi, en)| if locale == Locale::Vi { vi } else { en }))?;
    cells.text(said.and_then(|said| said.url.as_deref()).unwrap_or_default())?;
    cells.text(said.and_then(|said| said.note.as_deref()).unwrap_or_default())
}

/// The cells of a row, from left to right.
struct Cells<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
    next: u16,
}

impl Cells<'_> {
    fn place(&mut self) -> (u32, u16) {
        self.next += 1;
        (self.row, self.next - 1)
    }

    /// Text stays text. What a program could take for a formula once somebody edits the cell, or saves the sheet as CSV, is quoted
    /// (OWASP, "CSV Injection").
    fn text(&mut self, text: &str) -> Result<(), XlsxError> {
        let (row, column) = self.place();
        if text.is_empty() {
            return Ok(());
        }
        let text: String = text.chars().take(32_767).collect();
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            self.sheet.write_string_with_format(row, column, text, &Format::new().set_quote_prefix())?;
        } else {
            self.sheet.write_string(row, column, text)?;
        }
        Ok(())
    }

    fn number(&mut self, number: i64) -> Result<(), XlsxError> {
        let (row, column) = self.place();
        self.sheet.write_number(row, column, i32::try_from(number).map_or(f64::from(i32::MAX), f64::from)).map(drop)
    }

    fn link(&mut self, address: &str) -> Result<(), XlsxError> {
        if !address.starts_with("http") || address.len() > LONGEST_LINK {
            return self.text(address);
        }
        let (row, column) = self.place();
        self.sheet.write_url(row, column, Url::new(address)).map(drop)
    }
}

/// A row that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SaidRow {
    /// As the spreadsheet counts it.
    pub(super) number: usize,
    /// Our key.
    pub(super) key: String,
    /// What it says.
    pub(super) said: Said,
}

/// The rows whose state is filled in; a mistake names its cell.
pub(super) fn read(table: &Table) -> Result<Vec<Result<SaidRow, Refusal>>, Reason> {
    let place = |column: &Column| {
        let is = |header: &&String| [column.vi, column.en].iter().any(|name| fold::fold(name) == fold::fold(header));
        table.headers.iter().position(|header| is(&header)).ok_or_else(|| Reason::MissingColumn { name: column.vi.to_owned() })
    };
    let places = (place(&KEY)?, place(&VERSION)?, place(&STATE)?, place(&ADDRESS).ok(), place(&NOTE).ok());
    let rows = table.rows.iter().enumerate().filter_map(|(at, row)| {
        let cell = |place: usize| row.get(place).map(|text| text.trim()).unwrap_or_default();
        let optional = |place: Option<usize>| place.map(cell).filter(|text| !text.is_empty()).map(|text| text.chars().take(500).collect());
        let (key, version, state) = (cell(places.0), cell(places.1), cell(places.2));
        if state.is_empty() {
            return None;
        }
        let number = at + 2;
        Some(match parse(state) {
            Some(_) if places.3.map(cell).is_some_and(|url| !url.is_empty() && !is_address(url)) => {
                Err(Refusal::at(&format!("rows.{number}.url"), Reason::InvalidUrl))
            }
            Some(state) => {
                let said = Said { state, version: version.to_owned(), url: optional(places.3), note: optional(places.4) };
                Ok(SaidRow { number, key: key.to_owned(), said })
            }
            None => {
                let allowed = STATES.iter().map(|(_, vi, _)| *vi).collect::<Vec<_>>().join(", ");
                Err(Refusal::at(&format!("rows.{number}.state"), Reason::UnknownValue { allowed }))
            }
        })
    });
    Ok(rows.collect())
}

fn is_address(text: &str) -> bool {
    text.len() <= 500 && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn parse(text: &str) -> Option<ByHand> {
    let text = fold::fold(text);
    STATES.iter().find(|(state, vi, en)| [vi, en, state.code()].iter().any(|word| fold::fold(word) == text)).map(|(state, ..)| *state)
}
