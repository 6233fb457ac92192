//! End-to-end tests over real sockets, and the tidy checks.
