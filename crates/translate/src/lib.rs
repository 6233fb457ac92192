//! Pure translation between the wire formats: one neutral form, one codec a format.
