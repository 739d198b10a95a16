//! Tables from files: CSV in UTF-8, or the first sheet of an Excel workbook.

use calamine::{Data, Reader, Xlsx};
use std::io::Cursor;

/// Kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, UTF-8, with a header row.
    Csv,
    /// Excel workbook; its first sheet, with a header row.
    Xlsx,
}

/// A header and rows of as many cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Column headers, lower case.
    pub headers: Vec<String>,
    /// Cells as text; empty where there is nothing.
    pub rows: Vec<Vec<String>>,
}

/// Why a file is not a table. Rows count as a spreadsheet counts them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Bytes that are not UTF-8.
    #[error("row {row}, column {column}: not UTF-8; save the file as \"CSV UTF-8\"")]
    Encoding {
        /// Row.
        row: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// A row with too few or too many cells, or quotes that do not match.
    #[error("row {row}: {message}")]
    Row {
        /// Row.
        row: usize,
        /// What is wrong.
        message: String,
    },
    /// Not a workbook.
    #[error("this is not an Excel workbook: {0}")]
    Workbook(String),
    /// Nothing in it.
    #[error("the file has no header row")]
    Empty,
}

impl Format {
    /// The format of a file by its name.
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        if name.ends_with(".csv") {
            Some(Self::Csv)
        } else if name.ends_with(".xlsx") {
            Some(Self::Xlsx)
        } else {
            None
        }
    }
}

impl Table {
    /// Reads a file.
    pub fn read(bytes: &[u8], format: Format) -> Result<Self, TableError> {
        let mut rows = match format {
            Format::Csv => csv_rows(bytes)?,
            Format::Xlsx => xlsx_rows(bytes)?,
        }
        .into_iter();
        let headers: Vec<String> = rows.next().ok_or(TableError::Empty)?.iter().map(|h| h.trim().to_lowercase()).collect();
        if headers.iter().all(String::is_empty) {
            return Err(TableError::Empty);
        }
        let rows = rows.filter(|r| r.iter().any(|c| !c.trim().is_empty())).collect();
        Ok(Self { headers, rows })
    }
}

fn csv_rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, TableError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let mut rows = Vec::new();
    for record in reader.byte_records() {
        let row = rows.len() + 1;
        let record = record.map_err(|e| TableError::Row { row, message: reason(&e) })?;
        let cell = |(index, cell): (usize, &[u8])| match std::str::from_utf8(cell) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(TableError::Encoding { row, column: index + 1 }),
        };
        rows.push(record.iter().enumerate().map(cell).collect::<Result<_, _>>()?);
    }
    Ok(rows)
}

fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} cells where the header has {expected_len}"),
        _ => error.to_string(),
    }
}

fn xlsx_rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, TableError> {
    let wrong = |e: calamine::XlsxError| TableError::Workbook(e.to_string());
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(wrong)?;
    let sheet = workbook.worksheet_range_at(0).ok_or(TableError::Empty)?.map_err(wrong)?;
    Ok(sheet.rows().map(|row| row.iter().map(text).collect()).collect())
}

fn text(cell: &Data) -> String {
    match cell {
        // A whole number typed into a sheet is stored as a float; people mean the digits they see.
        Data::Float(number) if number.fract() == 0.0 => format!("{number:.0}"),
        Data::Empty | Data::Error(_) => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_refused(bytes: Vec<u8>, near in "[a-z,;\"'\r\n\t\u{feff}=+@\u{0}]{0,200}") {
            for (bytes, format) in [(bytes.as_slice(), Format::Csv), (bytes.as_slice(), Format::Xlsx), (near.as_bytes(), Format::Csv)] {
                if let Ok(table) = Table::read(bytes, format) {
                    prop_assert!(!table.headers.is_empty() && table.rows.iter().flatten().map(String::len).sum::<usize>() <= bytes.len());
                }
            }
        }

        #[test]
        fn a_damaged_workbook_is_a_table_or_refused(at: prop::sample::Index, to: u8) {
            let mut book = rust_xlsxwriter::Workbook::new();
            book.add_worksheet().write_string(0, 0, "sku").and_then(|sheet| sheet.write_string(1, 0, "A-1")).expect("writes");
            let mut bytes = book.save_to_buffer().expect("a workbook");
            let place = at.index(bytes.len());
            bytes[place] = to;
            let _ = Table::read(&bytes, Format::Xlsx);
        }
    }

    #[test]
    fn csv_with_and_without_a_mark() {
        for bytes in ["a,B\n1,\"x,y\"\n\n", "\u{feff}a,b\r\n1,\"x,y\"\r\n,\r\n"] {
            let table = Table::read(bytes.as_bytes(), Format::Csv).expect("reads");
            assert_eq!((table.headers, table.rows), (vec!["a".to_owned(), "b".into()], vec![vec!["1".to_owned(), "x,y".into()]]));
        }
    }

    #[test]
    fn broken_files_name_the_place() {
        for (bytes, expected) in [
            (&b"a,b\nx,\xcb\xea\n"[..], TableError::Encoding { row: 2, column: 2 }),
            (b"a,b\nx\n", TableError::Row { row: 2, message: "1 cells where the header has 2".into() }),
            (b"", TableError::Empty),
            (b",\n", TableError::Empty),
        ] {
            assert_eq!(Table::read(bytes, Format::Csv), Err(expected));
        }
        assert!(matches!(Table::read(b"PK\x03\x04rubbish", Format::Xlsx), Err(TableError::Workbook(_))));
    }
}
