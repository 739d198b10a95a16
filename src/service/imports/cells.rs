//! The cells of one row, by column; every fault names its column.

use crate::domain::fold;

/// Cells of a row by column, and the faults found in them.
pub(super) struct Cells<'a> {
    headers: &'a [String],
    cells: &'a [String],
    pub(super) errors: Vec<(String, String)>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(headers: &'a [String], cells: &'a [String]) -> Self {
        Self { headers, cells, errors: Vec::new() }
    }

    /// A cell's text in NFC; `None` when it is empty or there is no such column.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        let index = self.headers.iter().position(|h| h == column)?;
        self.cells.get(index).map(|c| fold::nfc(c)).filter(|c| !c.is_empty())
    }

    /// Notes a fault.
    pub(super) fn wrong(&mut self, column: &str, message: impl Into<String>) {
        self.errors.push((column.to_owned(), message.into()));
    }

    /// A cell that is read; `None` when it is empty, or wrong, which is noted.
    pub(super) fn read<T>(&mut self, column: &str, message: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(column)?;
        let value = read(&text);
        if value.is_none() {
            self.wrong(column, format!("{text:?}: {message}"));
        }
        value
    }

    /// A cell that must be there.
    pub(super) fn needed<T>(&mut self, column: &str, message: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        if self.text(column).is_none() {
            self.wrong(column, message);
        }
        self.read(column, message, read)
    }
}
