//! Persistence behind the ports of byokey-types: SQLite through sea-orm.
