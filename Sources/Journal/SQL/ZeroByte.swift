import Events

// SQLite would cut a text at a zero byte, in silence, and PostgreSQL refuses it: no text with one is
// stored. An event may have one all the same.

extension JournalError {
  /// The refusal of a text with a zero byte.
  static let zeroByte = JournalError(
    .malformed, summary: "a text has a zero byte in it, which cannot be stored")

  /// The fault of an event that met this error, with the member where it is known.
  func reason(for record: Record) -> String {
    guard summary == Self.zeroByte.summary,
      let member = JSONValue(record.body)?.memberWithZeroByte
    else { return description }
    return "\(member) has a zero byte in it, which cannot be stored"
  }
}

extension JSONValue {
  /// The path of the first text with a zero byte, for example `data.product`.
  fileprivate var memberWithZeroByte: String? {
    switch self {
    case .string(let text): text.utf8.contains(0) ? "" : nil
    case .object(let members):
      members.sorted { $0.key < $1.key }.lazy
        .compactMap { name, value in value.memberWithZeroByte.map { name.joined(to: $0) } }.first
    case .array(let items):
      items.enumerated().lazy
        .compactMap { index, value in value.memberWithZeroByte.map { "\(index)".joined(to: $0) } }
        .first
    default: nil
    }
  }
}

extension String {
  fileprivate func joined(to path: String) -> String { path.isEmpty ? self : "\(self).\(path)" }
}
