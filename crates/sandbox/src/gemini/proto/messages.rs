//! The messages of `generativelanguage.v1beta`, as Google's own clients have them
//! (google-ai-generativelanguage 0.12.1 and google-genai 3.4.0, 2026-11).

use super::{
    Field,
    Kind::{Any, Bool, Bytes, Enum, Float, Int, Map, Message as Of, Struct, Text},
    Message, many, one,
};

pub(crate) static GENERATE_CONTENT: Message = Message::new("GenerateContentRequest", GENERATE);

pub(crate) static COUNT_TOKENS: Message = Message::new(
    "CountTokensRequest",
    &[
        one("model", Text),
        many("contents", Of(&CONTENT)),
        one("generate_content_request", Of(&GENERATE_CONTENT)),
    ],
);

pub(crate) static EMBED_CONTENT: Message = Message::new(
    "EmbedContentRequest",
    &[
        one("model", Text),
        one("content", Of(&CONTENT)),
        one("task_type", Enum("TaskType", TASKS)),
        one("title", Text),
        one("output_dimensionality", Int),
    ],
);

pub(crate) static BATCH_EMBED_CONTENTS: Message = Message::new(
    "BatchEmbedContentsRequest",
    &[one("model", Text), many("requests", Of(&EMBED_CONTENT))],
);

const GENERATE: &[Field] = &[
    one("model", Text),
    one("system_instruction", Of(&CONTENT)),
    many("contents", Of(&CONTENT)),
    many("tools", Of(&TOOL)),
    one("tool_config", Of(&TOOL_CONFIG)),
    many("safety_settings", Of(&SAFETY_SETTING)),
    one("generation_config", Of(&GENERATION_CONFIG)),
    one("cached_content", Text),
    one("service_tier", Enum("ServiceTier", TIERS)),
    one("store", Bool),
];

static CONTENT: Message = Message::new("Content", &[many("parts", Of(&PART)), one("role", Text)]);

/// The fields of a part that are its data.
pub(crate) const DATA: &[&str] = &[
    "text",
    "inline_data",
    "function_call",
    "function_response",
    "file_data",
    "executable_code",
    "code_execution_result",
    "tool_call",
    "tool_response",
];

static PART: Message = Message {
    name: "Part",
    fields: &[
        one("text", Text),
        one("inline_data", Of(&BLOB)),
        one("function_call", Of(&FUNCTION_CALL)),
        one("function_response", Of(&FUNCTION_RESPONSE)),
        one("file_data", Of(&FILE_DATA)),
        one("executable_code", Of(&EXECUTABLE_CODE)),
        one("code_execution_result", Of(&CODE_EXECUTION_RESULT)),
        one("tool_call", Of(&TOOL_CALL)),
        one("tool_response", Of(&TOOL_RESPONSE)),
        one("video_metadata", Of(&VIDEO_METADATA)),
        one("thought", Bool),
        one("thought_signature", Bytes),
        one("part_metadata", Struct),
        one("media_resolution", Of(&PART_MEDIA_RESOLUTION)),
    ],
    data: DATA,
};

static BLOB: Message = Message::new("Blob", &[one("mime_type", Text), one("data", Bytes)]);

static FILE_DATA: Message =
    Message::new("FileData", &[one("mime_type", Text), one("file_uri", Text)]);

static VIDEO_METADATA: Message = Message::new(
    "VideoMetadata",
    &[
        one("start_offset", Text),
        one("end_offset", Text),
        one("fps", Float),
    ],
);

static PART_MEDIA_RESOLUTION: Message = Message::new(
    "Part.MediaResolution",
    &[one("level", Text), one("num_tokens", Int)],
);

static FUNCTION_CALL: Message = Message::new(
    "FunctionCall",
    &[one("id", Text), one("name", Text), one("args", Struct)],
);

static FUNCTION_RESPONSE: Message = Message::new(
    "FunctionResponse",
    &[
        one("id", Text),
        one("name", Text),
        one("response", Struct),
        many("parts", Of(&FUNCTION_RESPONSE_PART)),
        one("will_continue", Bool),
        one(
            "scheduling",
            Enum("FunctionResponse.Scheduling", SCHEDULINGS),
        ),
    ],
);

static FUNCTION_RESPONSE_PART: Message =
    Message::new("FunctionResponsePart", &[one("inline_data", Of(&BLOB))]);

static EXECUTABLE_CODE: Message = Message::new(
    "ExecutableCode",
    &[
        one("id", Text),
        one("language", Enum("ExecutableCode.Language", LANGUAGES)),
        one("code", Text),
    ],
);

static CODE_EXECUTION_RESULT: Message = Message::new(
    "CodeExecutionResult",
    &[
        one("id", Text),
        one("outcome", Enum("CodeExecutionResult.Outcome", OUTCOMES)),
        one("output", Text),
    ],
);

static TOOL_CALL: Message = Message::new(
    "ToolCall",
    &[one("id", Text), one("tool_type", Text), one("args", Struct)],
);

static TOOL_RESPONSE: Message = Message::new(
    "ToolResponse",
    &[
        one("id", Text),
        one("tool_type", Text),
        one("response", Struct),
    ],
);

static TOOL: Message = Message::new(
    "Tool",
    &[
        many("function_declarations", Of(&FUNCTION_DECLARATION)),
        one("google_search_retrieval", Struct),
        one("code_execution", Struct),
        one("google_search", Struct),
        one("computer_use", Struct),
        one("url_context", Struct),
        one("file_search", Struct),
        one("google_maps", Struct),
        many("mcp_servers", Struct),
    ],
);

static FUNCTION_DECLARATION: Message = Message::new(
    "FunctionDeclaration",
    &[
        one("name", Text),
        one("description", Text),
        one("parameters", Of(&SCHEMA)),
        one("parameters_json_schema", Any),
        one("response", Of(&SCHEMA)),
        one("response_json_schema", Any),
        one("behavior", Enum("FunctionDeclaration.Behavior", BEHAVIORS)),
    ],
);

static SCHEMA: Message = Message::new(
    "Schema",
    &[
        one("type", Enum("Type", TYPES)),
        one("format", Text),
        one("title", Text),
        one("description", Text),
        one("nullable", Bool),
        many("enum", Text),
        one("items", Of(&SCHEMA)),
        one("max_items", Int),
        one("min_items", Int),
        one("properties", Map(&SCHEMA)),
        many("required", Text),
        one("min_properties", Int),
        one("max_properties", Int),
        one("minimum", Float),
        one("maximum", Float),
        one("min_length", Int),
        one("max_length", Int),
        one("pattern", Text),
        one("example", Any),
        many("any_of", Of(&SCHEMA)),
        many("property_ordering", Text),
        one("default", Any),
    ],
);

static TOOL_CONFIG: Message = Message::new(
    "ToolConfig",
    &[
        one("function_calling_config", Of(&FUNCTION_CALLING_CONFIG)),
        one("retrieval_config", Struct),
        one("include_server_side_tool_invocations", Bool),
    ],
);

static FUNCTION_CALLING_CONFIG: Message = Message::new(
    "FunctionCallingConfig",
    &[
        one("mode", Enum("FunctionCallingConfig.Mode", MODES)),
        many("allowed_function_names", Text),
    ],
);

static SAFETY_SETTING: Message = Message::new(
    "SafetySetting",
    &[
        one("category", Enum("HarmCategory", HARMS)),
        one(
            "threshold",
            Enum("SafetySetting.HarmBlockThreshold", THRESHOLDS),
        ),
    ],
);

static GENERATION_CONFIG: Message = Message::new(
    "GenerationConfig",
    &[
        one("candidate_count", Int),
        many("stop_sequences", Text),
        one("max_output_tokens", Int),
        one("temperature", Float),
        one("top_p", Float),
        one("top_k", Int),
        one("seed", Int),
        one("response_mime_type", Text),
        one("response_schema", Of(&SCHEMA)),
        one("response_json_schema", Any),
        one("presence_penalty", Float),
        one("frequency_penalty", Float),
        one("response_logprobs", Bool),
        one("logprobs", Int),
        one("enable_enhanced_civic_answers", Bool),
        many(
            "response_modalities",
            Enum("GenerationConfig.Modality", MODALITIES),
        ),
        one("speech_config", Struct),
        one("thinking_config", Of(&THINKING_CONFIG)),
        one("image_config", Struct),
        one(
            "media_resolution",
            Enum("GenerationConfig.MediaResolution", RESOLUTIONS),
        ),
    ],
);

static THINKING_CONFIG: Message = Message::new(
    "ThinkingConfig",
    &[
        one("include_thoughts", Bool),
        one("thinking_budget", Int),
        one(
            "thinking_level",
            Enum("ThinkingConfig.ThinkingLevel", LEVELS),
        ),
    ],
);

/// Kinds of a schema.
const TYPES: &[&str] = &[
    "TYPE_UNSPECIFIED",
    "STRING",
    "NUMBER",
    "INTEGER",
    "BOOLEAN",
    "ARRAY",
    "OBJECT",
    "NULL",
];
const MODES: &[&str] = &["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"];
const LEVELS: &[&str] = &[
    "THINKING_LEVEL_UNSPECIFIED",
    "LOW",
    "MEDIUM",
    "HIGH",
    "MINIMAL",
    "XHIGH",
];
const MODALITIES: &[&str] = &["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO"];
const RESOLUTIONS: &[&str] = &[
    "MEDIA_RESOLUTION_UNSPECIFIED",
    "MEDIA_RESOLUTION_LOW",
    "MEDIA_RESOLUTION_MEDIUM",
    "MEDIA_RESOLUTION_HIGH",
];
const TIERS: &[&str] = &["unspecified", "standard", "flex", "priority"];
const LANGUAGES: &[&str] = &["LANGUAGE_UNSPECIFIED", "PYTHON"];
const OUTCOMES: &[&str] = &[
    "OUTCOME_UNSPECIFIED",
    "OUTCOME_OK",
    "OUTCOME_FAILED",
    "OUTCOME_DEADLINE_EXCEEDED",
];
const BEHAVIORS: &[&str] = &["UNSPECIFIED", "BLOCKING", "NON_BLOCKING"];
const SCHEDULINGS: &[&str] = &["SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT"];
const TASKS: &[&str] = &[
    "TASK_TYPE_UNSPECIFIED",
    "RETRIEVAL_QUERY",
    "RETRIEVAL_DOCUMENT",
    "SEMANTIC_SIMILARITY",
    "CLASSIFICATION",
    "CLUSTERING",
    "QUESTION_ANSWERING",
    "FACT_VERIFICATION",
    "CODE_RETRIEVAL_QUERY",
];
const HARMS: &[&str] = &[
    "HARM_CATEGORY_UNSPECIFIED",
    "HARM_CATEGORY_DEROGATORY",
    "HARM_CATEGORY_TOXICITY",
    "HARM_CATEGORY_VIOLENCE",
    "HARM_CATEGORY_SEXUAL",
    "HARM_CATEGORY_MEDICAL",
    "HARM_CATEGORY_DANGEROUS",
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
];
const THRESHOLDS: &[&str] = &[
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF",
];
