package import Events

/// The shape of a payload's JSON: its fields, and their values.
///
/// It is derived from the Swift type that decodes the payload, never written separately.
public indirect enum Shape: Hashable, Sendable {
  case boolean
  /// A whole number of 64 bits.
  case integer
  case text(TextFormat)
  /// One of these texts.
  case choice([String])
  case list(Shape)
  /// Fields, by name.
  case object([Field])
  /// A type whose JSON cannot be pinned, and the reason.
  case unpinnable(String)

  /// One field of an object.
  public struct Field: Hashable, Sendable {
    /// The key.
    public let name: String
    /// Whether it may be absent, which is the same as null.
    public let isOptional: Bool
    /// The shape of its value.
    public let shape: Shape

    /// A field.
    public init(_ name: String, isOptional: Bool = false, shape: Shape) {
      self.name = name
      self.isOptional = isOptional
      self.shape = shape
    }
  }
}

/// A form that a text has: `uuid`, for example.
public struct TextFormat: Hashable, Sendable {
  /// Its name in the lock file.
  public let name: String
  /// Its meaning, for people.
  public let meaning: String
  /// The format of JSON Schema, where it has one.
  public let schemaFormat: String?
  /// A regular expression that every such text matches (ECMA-262).
  public let pattern: String?
  /// Such texts; the first is a usual one, the others are its extremes.
  public let examples: [String]

  /// A form.
  public init(
    _ name: String, meaning: String, schemaFormat: String? = nil, pattern: String? = nil,
    examples: [String]
  ) {
    self.name = name
    self.meaning = meaning
    self.schemaFormat = schemaFormat
    self.pattern = pattern
    self.examples = examples
  }

  /// Any text.
  public static let plain = TextFormat(
    "text", meaning: "any text",
    examples: [
      "text", "", "a \"quoted\" \\ line\n", "żółć 漢字 👩‍💻", String(repeating: "x", count: 4096),
    ])
}

/// A type whose JSON is a text of one form.
public protocol FormattedText: Decodable {
  /// The form.
  static var format: TextFormat { get }
}

// MARK: As lines

extension Shape {
  /// The kind of a field's value, in a few words.
  public var kind: String {
    switch self {
    case .boolean: "boolean"
    case .integer: "integer"
    case .text(let format): format.name
    case .choice(let words): "one of " + words.joined(separator: " ")
    case .list(let element): "list of \(element.kind)"
    case .object: "object"
    case .unpinnable: "unpinnable"
    }
  }

  /// Every field at every depth, with its path: `promise?.fee.amount`, where `?` marks what may be
  /// absent and `[]` the elements of a list.
  public var fields: [(path: String, shape: Shape)] { fields(after: "") }

  private func fields(after prefix: String) -> [(path: String, shape: Shape)] {
    switch self {
    case .object(let fields):
      fields.flatMap { field in
        let path = prefix + field.name + (field.isOptional ? "?" : "")
        return [(path, field.shape)] + field.shape.fields(after: path + ".")
      }
    case .list(let element): element.fields(after: prefix.dropLast() + "[].")
    default: []
    }
  }
}

// MARK: As a reader

extension Shape {
  /// The first part of a JSON value that does not have this shape; nil without one.
  ///
  /// Unknown fields are ignored, and null is absent, as in every reader of the wire.
  package func misfit(of value: JSONValue, at path: String = "") -> DecodingProblem? {
    func problem(_ sentence: String) -> DecodingProblem {
      DecodingProblem(path: path, sentence: sentence)
    }
    switch (self, value) {
    case (.boolean, .bool), (.integer, .integer), (.text(.plain), .string): return nil
    case (.text(let format), .string(let text)):
      return format.matches(text) ? nil : problem("is no \(format.name)")
    case (.choice(let words), .string(let text)):
      return words.contains(text) ? nil : problem("is none of \(words.joined(separator: ", "))")
    case (.list(let element), .array(let values)):
      return values.enumerated().lazy
        .compactMap { element.misfit(of: $0.element, at: "\(path)[\($0.offset)]") }.first
    case (.object(let fields), .object(let members)):
      return fields.lazy.compactMap { $0.misfit(in: members, of: path) }.first
    case (.unpinnable(let reason), _): return problem(reason)
    default: return problem("is not \(noun)")
    }
  }

  private var noun: String {
    switch self {
    case .boolean: "true or false"
    case .integer: "a whole number that fits"
    case .text, .choice: "a string"
    case .list: "a list"
    case .object, .unpinnable: "an object"
    }
  }
}

extension Shape.Field {
  fileprivate func misfit(in members: [String: JSONValue], of path: String) -> DecodingProblem? {
    let path = path.isEmpty ? name : "\(path).\(name)"
    guard let member = members[name], member != .null else {
      return isOptional ? nil : DecodingProblem(path: path, sentence: "is missing")
    }
    return shape.misfit(of: member, at: path)
  }
}

extension TextFormat {
  fileprivate func matches(_ text: String) -> Bool {
    guard let pattern else { return true }
    return (try? Regex(pattern).wholeMatch(in: text)) != nil
  }
}
