//! Append-only schema migrations, one file each.
