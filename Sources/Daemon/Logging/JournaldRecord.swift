import Events
import FoundationEssentials

/// One log line as a record of journald, in the bytes of its native protocol: `MESSAGE` for people,
/// `PRIORITY`, `SYSLOG_IDENTIFIER`, and each field of the line.
///
/// It is made of the line's JSON, which has every field once and within the limits. So the JSON is
/// at hand where journald refuses the record.
struct JournaldRecord {
  /// The greatest length of a field's name.
  static let nameBytes = 64

  private(set) var bytes: [UInt8] = []

  /// - Parameters:
  ///   - line: the line without its end; one that is no JSON is from before there was a logger, and is
  ///     an error's message as it is.
  ///   - identifier: the program: `alphad`.
  init(_ line: ArraySlice<UInt8>, from identifier: String) {
    var fields: [String: JSONValue] = [:]
    if case .object(let members)? = JSONValue(Data(line)) { fields = members }
    let message = fields.removeValue(forKey: "message")?.string
    var text = LineText()
    text.append(
      message ?? String(decoding: line, as: UTF8.self), as: .terminal, upTo: LineText.messageBytes)
    append("MESSAGE", text.bytes)
    append("PRIORITY", Self.priority(fields["log.level"]?.string ?? "error").description.utf8)
    append("SYSLOG_IDENTIFIER", identifier.utf8)
    for (field, value) in fields.sorted(by: { $0.key < $1.key }) {
      append(Self.name(of: field), value.text.utf8)
    }
  }

  /// The name of a field: upper case, with underscores for all but letters and digits, so
  /// `EVENT_ACTION` for `event.action` and `LABELS_ORDER_ID` for `labels.order_id`.
  ///
  /// No two fields of the schema have one name, so that a name has one field. Where labels share one,
  /// the record has both values. Journald ignores a name that begins with an underscore or a digit.
  static func name(of field: String) -> String {
    let name = field.uppercased().utf8.map { byte in
      let isPlain = Character(UnicodeScalar(byte)).isASCIILetterOrDigit
      return isPlain ? Character(UnicodeScalar(byte)) : "_"
    }.drop { $0 == "_" }
    let isNumber = name.first?.isNumber ?? true
    return String(((isNumber ? Array("LABELS_") : []) + name).prefix(nameBytes))
  }

  /// The priority of syslog for a level.
  private static func priority(_ level: String) -> Int {
    switch level {
    case "critical": 2
    case "error": 3
    case "warning": 4
    case "notice": 5
    case "info": 6
    default: 7
    }
  }

  /// A value with an end of line has its length before it, 64 bits in little-endian order.
  private mutating func append(_ name: String, _ value: some Collection<UInt8>) {
    let end = UInt8(ascii: "\n")
    bytes += name.utf8
    if value.contains(end) {
      bytes.append(end)
      withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes += $0 }
    } else {
      bytes.append(UInt8(ascii: "="))
    }
    bytes += value
    bytes.append(end)
  }
}

extension Character {
  fileprivate var isASCIILetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}

extension JSONValue {
  /// A string's text, and the JSON of any other value.
  fileprivate var text: String {
    switch self {
    case .string(let text): text
    case .integer(let number): number.description
    case .bool(let value): value.description
    default: (try? json()).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
  }
}
