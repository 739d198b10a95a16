//! The program.

use std::process::ExitCode;

fn main() -> ExitCode {
    ocop_catalog::cli::run()
}
