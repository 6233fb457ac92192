//! A simulated upstream that enforces the providers' own rules.
