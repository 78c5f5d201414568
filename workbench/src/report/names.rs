/// The page's name in a run's folder.
pub const REPORT: &str = "report.html";

/// The journal's name there.
pub const MESSAGES: &str = "messages.jsonl";
