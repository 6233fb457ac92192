//! Bytes to upstreams: manifests, catalogue, account selection, the HTTP client.
