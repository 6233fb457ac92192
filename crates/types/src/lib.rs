//! Vocabulary of byokey: formats, raw JSON, models, accounts, secrets, errors, ports.
