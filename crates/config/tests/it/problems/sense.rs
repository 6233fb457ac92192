//! Values of the right kind that make no sense.

/// A configuration, the line of its one problem, and the text after `config.yaml:<line>: `.
pub(super) const ROWS: &[(&str, u32, &str)] = &[
    (
        "host: a:80",
        1,
        "`host` holds a port; write the address or name alone, as in `127.0.0.1`",
    ),
    (
        "host: ''",
        1,
        "`host` is no address and no host name; write it like `127.0.0.1`, `::1` or `localhost`",
    ),
    (
        "database: postgres://u:p@h/d",
        1,
        "`database` is Postgres, which this version does not support yet; use `sqlite://` and a path for now",
    ),
    (
        "database: mysql://h",
        1,
        "`database` is not a database URL; write it like `sqlite://~/.byokey/byokey.db`",
    ),
    (
        "database: sqlite://x?mode=ro",
        1,
        "`database` must not have a query; write it like `sqlite://~/.byokey/byokey.db`",
    ),
    (
        "database: 'sqlite://'",
        1,
        "`database` names no file; write it like `sqlite://~/.byokey/byokey.db`",
    ),
    (
        "database: sqlite://$HOME/x",
        1,
        "`database` holds something that cannot be expanded; only `~/` and `$BYOKEY_HOME/` at the beginning are expanded",
    ),
    (
        "log: { file: '' }",
        1,
        "`log.file` is empty; leave the key out or name a file",
    ),
    (
        "body_limit: 0",
        1,
        "`body_limit`: expected text like `64MiB` or a whole number of at least 1, found 0",
    ),
    (
        "body_limit: 0MiB",
        1,
        "`body_limit` must not be zero; write it like `64MiB`, `10MB` or `1048576`",
    ),
    (
        "body_limit: 64 megs",
        1,
        "`body_limit` is not a size; write it like `64MiB`, `10MB` or `1048576`",
    ),
    (
        "upstream: { idle_timeout: 10 }",
        1,
        "`upstream.idle_timeout`: expected text like `10s`, found a number",
    ),
    (
        "upstream: { idle_timeout: '10' }",
        1,
        "`upstream.idle_timeout` has no unit; write it like `250ms`, `10s`, `5m`, `1h` or `30d`",
    ),
    (
        "upstream: { idle_timeout: 0s }",
        1,
        "`upstream.idle_timeout` must not be zero; write it like `10s`, `5m` or `1h`",
    ),
    (
        "shutdown: { drain: soon }",
        1,
        "`shutdown.drain` is not a duration; write it like `250ms`, `10s`, `5m`, `1h` or `30d`",
    ),
    (
        "shutdown: { drain: 99999999999999999h }",
        1,
        "`shutdown.drain` is too large; write it like `250ms`, `10s`, `5m`, `1h` or `30d`",
    ),
    (
        "responses: { retention: 0s }",
        1,
        "`responses.retention` must not be zero; write it like `12h` or `30d`, or set `responses.store` to false",
    ),
    (
        "responses: { retention: 4w }",
        1,
        "`responses.retention` is not a duration; write it like `250ms`, `10s`, `5m`, `1h` or `30d`",
    ),
    (
        "responses: { max_size: 0 }",
        1,
        "`responses.max_size`: expected text like `64MiB` or a whole number of at least 1, found 0",
    ),
    (
        "responses: { max_size: 0GiB }",
        1,
        "`responses.max_size` must not be zero; write it like `64MiB`, `10MB` or `1048576`",
    ),
    (
        "upstream: { proxy: ftp://h }",
        1,
        "`upstream.proxy` must begin with `http://`, `https://`, `socks5://` or `socks5h://`; write it like `http://127.0.0.1:3128` or `socks5h://127.0.0.1:1080`",
    ),
    (
        "upstream: { proxy: '127.0.0.1:1' }",
        1,
        "`upstream.proxy` is not a URL; write it like `http://127.0.0.1:3128` or `socks5h://127.0.0.1:1080`",
    ),
    (
        "upstream: { proxy: 'socks5://' }",
        1,
        "`upstream.proxy` names no host; write it like `http://127.0.0.1:3128` or `socks5h://127.0.0.1:1080`",
    ),
    (
        "upstream: { proxy: 'http://h/x' }",
        1,
        "`upstream.proxy` must end after the port; write it like `http://127.0.0.1:3128` or `socks5h://127.0.0.1:1080`",
    ),
    (
        "providers: { Claude: }",
        1,
        "`Claude` cannot be a provider id; use up to 64 lower-case letters, digits, `-`, `_` and `.`, beginning with a letter or digit",
    ),
    (
        "providers: { a: { base_url: h/v1 } }",
        1,
        "`providers.a.base_url` is not a URL; write it like `https://api.example.com/v1`",
    ),
    (
        "providers: { a: { base_url: 'ftp://h' } }",
        1,
        "`providers.a.base_url` must begin with `http://` or `https://`; write it like `https://api.example.com/v1`",
    ),
    (
        "providers: { a: { base_url: 'https://u:p@h' } }",
        1,
        "`providers.a.base_url` must not hold a user or a password; put the key under `api_key` or `key_env`",
    ),
    (
        "providers: { a: { base_url: 'https://h?key=x' } }",
        1,
        "`providers.a.base_url` must not have a query or a fragment; write it like `https://api.example.com/v1`",
    ),
    (
        "providers: { a: { base_url: 'https://h/#x' } }",
        1,
        "`providers.a.base_url` must not have a query or a fragment; write it like `https://api.example.com/v1`",
    ),
    (
        "providers: { a: { api_key: '' } }",
        1,
        "`providers.a.api_key` is empty; leave it out or write the key",
    ),
    (
        "providers: { a: { api_key: 'sk 1' } }",
        1,
        "`providers.a.api_key` holds a blank or a character that no key has; copy the key again",
    ),
    (
        "providers: { a: { api_key: '${A_KEY}' } }",
        1,
        "`providers.a.api_key` is a reference to a variable, and variables are not expanded here; name the variable under `key_env`",
    ),
    (
        "providers: { a: { key_env: $A_KEY } }",
        1,
        "`providers.a.key_env` is not the name of a variable; write it like `ANTHROPIC_API_KEY`, without `$`",
    ),
    (
        "providers: { a: { api_key: k, key_env: K } }",
        1,
        "`providers.a` has both `api_key` and `key_env`; keep one",
    ),
    (
        "providers: { a: { key_env: K, api_keys: [] } }",
        1,
        "`providers.a` has both `key_env` and `api_keys`; keep one",
    ),
    (
        "providers: { a: { api_keys: [ { api_key: k, key_env: K } ] } }",
        1,
        "`providers.a.api_keys[0]` has both `api_key` and `key_env`; keep one",
    ),
    (
        "providers: { a: { api_keys: [ { label: x } ] } }",
        1,
        "`providers.a.api_keys[0]` has no key; add `key_env` or `api_key`",
    ),
    (
        "providers: { a: { api_keys: [ { key_env: K, label: x },\n { key_env: L, label: x } ] } }",
        2,
        "`providers.a.api_keys[1].label` is the same as `providers.a.api_keys[0].label`; give each its own",
    ),
    (
        "providers: { a: { api_keys: [ { key_env: K, label: '' } ] } }",
        1,
        "`providers.a.api_keys[0].label` is not a name; use up to 64 characters without blanks and `/`",
    ),
    (
        "providers: { a: { api_keys: [ { key_env: K, weight: 0 } ] } }",
        1,
        "`providers.a.api_keys[0].weight`: expected a whole number from 1 to 1000, found 0",
    ),
    (
        "providers: { a: { headers: { Authorization: x } } }",
        1,
        "`providers.a.headers.Authorization` is a header that byokey sets itself; remove it; keys belong under `api_key` or `key_env`",
    ),
    (
        "providers: { a: { headers: { Transfer-Encoding: x } } }",
        1,
        "`providers.a.headers.Transfer-Encoding` is a header that byokey sets itself; remove it; keys belong under `api_key` or `key_env`",
    ),
    (
        "providers: { a: { headers: { 'x y': x } } }",
        1,
        "`providers.a.headers.\"x y\"` is not a header name; use letters, digits and `-`",
    ),
    (
        "providers: { a: { headers: { x: \"a\\r\\nb: c\" } } }",
        1,
        "`providers.a.headers.x` holds a character that a header cannot carry; use visible ASCII characters on one line",
    ),
    (
        "providers: { a: { headers: { X: a,\n x: b } } }",
        2,
        "`providers.a.headers.x` is given twice, in another case; keep one",
    ),
    (
        "providers: { a: { protocol: [ openai,\n openai ] } }",
        2,
        "`providers.a.protocol` names `openai` twice; keep one",
    ),
    (
        "providers: { a: { models: [ { id: m },\n { id: m } ] } }",
        2,
        "`providers.a.models[1].id` is listed twice; keep one",
    ),
    (
        "providers: { a: { models: [ { id: ' ' } ] } }",
        1,
        "`providers.a.models[0].id` is empty or has blanks around it",
    ),
    (
        "providers: { a: { models: [ { id: m, reasoning_budget: { min: 2, max: 1 } } ] } }",
        1,
        "`providers.a.models[0].reasoning_budget`: `min` is larger than `max`",
    ),
    (
        "providers: { a: { fields: { deny: [ b,\n tools.0 ] } } }",
        2,
        "`providers.a.fields.deny[1]`: `tools.0` has an index; write `*` for each item",
    ),
    (
        "providers: { a: { fields: { force: {\n 'a..b': 1 } } } }",
        2,
        "`providers.a.fields.force.\"a..b\"`: `a..b` is no path; write names with `.` between them, `*` for each, `*(tag)` for each of a `type` or `role`",
    ),
    (
        "providers: { a: { fields: { rename: { a: 'b.*' } } } }",
        1,
        "`providers.a.fields`: `rename` takes no `*`, as in `b.*`; name one member",
    ),
    (
        "providers: { a: { fields: { allow: [ a, a.b ] } } }",
        1,
        "`providers.a.fields`: `allow` has `a`, which allows all of it, and `a.b`, which does not; keep one",
    ),
    (
        "model_alias: { fast: '' }",
        1,
        "`model_alias.fast` names no model; name one, as in `claude/claude-haiku-4-5`",
    ),
    (
        "model_alias: { fast: fast(high) }",
        1,
        "`model_alias.fast` names itself; name a model, as in `claude/claude-haiku-4-5`",
    ),
    (
        "model_alias: { 'a b': c }",
        1,
        "`model_alias.\"a b\"`: an alias is a word without white space",
    ),
    (
        "clients: { require_key: true }",
        1,
        "`clients.require_key` is true, but there is no client key; add one to `clients.keys`",
    ),
    (
        "clients: { keys: [ { name: a } ] }",
        1,
        "`clients.keys[0]` has no key; add `key_env` or `key`",
    ),
    (
        "clients: { keys: [ { name: a, key: k, key_env: K } ] }",
        1,
        "`clients.keys[0]` has both `key` and `key_env`; keep one",
    ),
    (
        "clients: { keys: [ { name: a, key: k },\n { name: b, key: k } ] }",
        2,
        "`clients.keys[1]` has the same key as `a`; give every client its own",
    ),
    (
        "clients: { keys: [ { name: a, key: k },\n { name: a, key: l } ] }",
        2,
        "`clients.keys[1].name` is the same as `clients.keys[0].name`; give each its own",
    ),
    (
        "allowed_hosts: [ 'a',\n 'http://b' ]",
        2,
        "`allowed_hosts[1]` is a URL; write the address or name alone, as in `127.0.0.1`",
    ),
];
