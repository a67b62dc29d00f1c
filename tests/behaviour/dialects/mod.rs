//! The languages and the locks that random programs are written with.

mod c;
mod cpp;
mod go;
mod java;
mod javascript;
mod php;
mod python;

pub use c::C;
pub use cpp::CPP;
pub use go::GO;
pub use java::JAVA;
pub use javascript::{JAVASCRIPT, TYPESCRIPT};
pub use php::PHP;
pub use python::PYTHON;

/// Arguments that are true or false.
fn joined(flags: &[bool], yes: &str, no: &str) -> String {
    let flags: Vec<&str> = flags
        .iter()
        .map(|flag| if *flag { yes } else { no })
        .collect();
    flags.join(", ")
}
