//! Keys that do not exist and values of the wrong kind.

/// A configuration, the line of its one problem, and the text after `config.yaml:<line>: `.
pub(super) const ROWS: &[(&str, u32, &str)] = &[
    // unknown keys
    ("prot: 1", 1, "unknown key `prot`; did you mean `port`?"),
    (
        "log: {\n colour: x }",
        2,
        "unknown key `log.colour`; there are `file`, `format`, `level`",
    ),
    (
        "providers:\n  claude:\n    enabled: true\n    api_kye: sk-1",
        4,
        "unknown key `providers.claude.api_kye`; did you mean `api_key`?",
    ),
    (
        "providers:\n  a:\n    models:\n      - id: m\n        contxt: 1",
        5,
        "unknown key `providers.a.models[0].contxt`; did you mean `context`?",
    ),
    (
        "providers: { a: { fields: { alow: [ x ] } } }",
        1,
        "unknown key `providers.a.fields.alow`; did you mean `allow`?",
    ),
    (
        "providers: { a: { fields: { append: { x: 1 } } } }",
        1,
        "`providers.a.fields.append.x`: expected a list, found a number",
    ),
    (
        "providers: { a: { cache_breakpoints: on } }",
        1,
        "`providers.a.cache_breakpoints`: expected `off` or `auto`, found `on`",
    ),
    (
        "providers: { a: { models: [ { id: m, call_ids: short } ] } }",
        1,
        "`providers.a.models[0].call_ids`: expected `9-alphanumeric`, found `short`",
    ),
    (
        "providers: { claude: { api_key:sk-123 } }",
        1,
        "unknown key `providers.claude.api_key…`; put a space after the colon",
    ),
    (
        "providers: { claude: { headers: { x-a:sk-123 } } }",
        1,
        "unknown key `providers.claude.headers.x-a…`; put a space after the colon",
    ),
    (
        "amp: { port: 1 }",
        1,
        "unknown key `amp`; there are `allowed_hosts`, `body_limit`, `clients`, `database`, `host`, `log`, `model_alias`, `port`, `providers`, `responses`, `sandbox`, `shutdown`, `streaming`, `upstream`",
    ),
    // wrong types
    (
        "port: x",
        1,
        "`port`: expected a whole number from 0 to 65535, found text",
    ),
    (
        "port: 65536",
        1,
        "`port`: expected a whole number from 0 to 65535, found 65536",
    ),
    (
        "port: -1",
        1,
        "`port`: expected a whole number from 0 to 65535, found -1",
    ),
    (
        "port: 1.5",
        1,
        "`port`: expected a whole number from 0 to 65535, found 1.5",
    ),
    (
        "port: 99999999999999999999999",
        1,
        "`port`: expected a whole number from 0 to 65535, found 100000000000000000000000",
    ),
    (
        "host: 1",
        1,
        "`host`: expected text, found a number; put it in quotes",
    ),
    (
        "sandbox: yes",
        1,
        "`sandbox`: expected `true` or `false`, found text",
    ),
    ("log: loud", 1, "`log`: expected a mapping, found text"),
    (
        "log: { level: inof }",
        1,
        "`log.level`: expected `off`, `error`, `warn`, `info`, `debug` or `trace`, found `inof`; did you mean `info`?",
    ),
    (
        "log: { format: '{}' }",
        1,
        "`log.format`: expected `text` or `json`, found text",
    ),
    (
        "clients: { require_key: always }",
        1,
        "`clients.require_key`: expected `auto`, `true` or `false`, found `always`",
    ),
    (
        "providers: [ claude ]",
        1,
        "`providers`: expected a mapping, found a list",
    ),
    (
        "providers: { claude: true }",
        1,
        "`providers.claude`: expected a mapping, found `true`",
    ),
    (
        "providers: { a: { api_key: 12345 } }",
        1,
        "`providers.a.api_key`: expected text, found a number; put it in quotes",
    ),
    (
        "providers: { a: { api_key: [ sk-1 ] } }",
        1,
        "`providers.a.api_key`: expected text, found a list",
    ),
    (
        "providers: { a: { headers: { x: } } }",
        1,
        "`providers.a.headers.x`: expected text, found nothing",
    ),
    (
        "providers: { a: { protocol: opneai } }",
        1,
        "`providers.a.protocol`: expected `openai`, `openai-responses`, `anthropic`, `gemini` or a list, found `opneai`; did you mean `openai`?",
    ),
    (
        "providers: { a: { protocol: [ chat ] } }",
        1,
        "`providers.a.protocol[0]`: expected `openai`, `openai-responses`, `anthropic` or `gemini`, found `chat`",
    ),
    (
        "providers: { a: { protocol: [] } }",
        1,
        "`providers.a.protocol` must not be empty; leave the key out",
    ),
    (
        "providers: { a: { models: [ { name: x } ] } }",
        1,
        "`providers.a.models[0].id` is missing",
    ),
    (
        "providers: { a: { models: [ { id: m, context: 0 } ] } }",
        1,
        "`providers.a.models[0].context`: expected a whole number of at least 1, found 0",
    ),
    (
        "providers: { a: { models: [ { id: m, price: { input: -1, output: 1 } } ] } }",
        1,
        "`providers.a.models[0].price.input`: expected a number of at least 0, found -1",
    ),
    (
        "providers: { a: { models: [ { id: m, modalities: [ smell ] } ] } }",
        1,
        "`providers.a.models[0].modalities[0]`: expected `text`, `image`, `pdf`, `audio` or `video`, found `smell`",
    ),
    (
        "providers: { a: { models: [ { id: m, reasoning_levels: [ hihg ] } ] } }",
        1,
        "`providers.a.models[0].reasoning_levels[0]`: expected `minimal`, `low`, `medium`, `high`, `xhigh` or `max`, found `hihg`; did you mean `high`?",
    ),
    (
        "model_alias: { smart: [ a, b ] }",
        1,
        "`model_alias.smart`: expected text, found a list",
    ),
];
