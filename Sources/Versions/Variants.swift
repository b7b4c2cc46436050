// Payloads that differ from a given one in one place: the inputs that a reader may get.

public import Events

/// A payload, and how it came to be.
public struct Variant: Hashable, Sendable {
  /// The difference: `promise is null`.
  public let name: String
  /// The payload.
  public let value: JSONValue
}

extension Shape {
  /// The payload itself, and everything that another writer of the same shape may make of it: each
  /// optional field absent, null and there; each value at its extremes; unknown fields at every
  /// depth.
  public func variants(of value: JSONValue) -> [Variant] {
    [Variant(name: "as it is", value: value)] + changes(of: value, at: "payload")
  }

  /// Values that every reader of this shape must refuse: a required field that is absent or null,
  /// and a value of another kind.
  public func misfits(of value: JSONValue) -> [Variant] {
    misfits(of: value, at: "payload")
  }

  fileprivate func misfits(of value: JSONValue, at path: String) -> [Variant] {
    switch (self, value) {
    case (.object(let fields), .object(let members)):
      fields.flatMap { field in
        field.misfits(in: members, at: "\(path).\(field.name)")
      }
    case (.list(let element), .array(let values)):
      values.enumerated().flatMap { index, value in
        let wrong = element.misfits(of: value, at: "\(path)[\(index)]")
        let null = Variant(name: "\(path)[\(index)] is null", value: .null)
        return (wrong + [null]).map { change in
          var values = values
          values[index] = change.value
          return Variant(name: change.name, value: .array(values))
        }
      }
    default:
      [JSONValue.bool(true), .integer(1), .number(0.5), .string("?"), .array([]), .object([:])]
        .filter { misfit(of: $0) != nil }
        .map { Variant(name: "\(path) is of another kind", value: $0) }
    }
  }

  /// A payload in which everything is there.
  public var example: JSONValue {
    switch self {
    case .boolean: .bool(true)
    case .integer: .integer(1)
    case .text(let format): .string(format.examples.first ?? "")
    case .choice(let words): .string(words.first ?? "")
    case .list(let element): .array([element.example])
    case .object(let fields):
      .object(Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.shape.example) }))
    case .unpinnable: .null
    }
  }

  private func changes(of value: JSONValue, at path: String) -> [Variant] {
    switch (self, value) {
    case (.object(let fields), .object(let members)):
      [unknown(in: members, at: path)] + fields.flatMap { changes(of: $0, in: members, at: path) }
    case (.list(let element), .array(let values)):
      [Variant(name: "\(path) is empty", value: .array([]))]
        + values.enumerated().flatMap { index, value in
          element.changes(of: value, at: "\(path)[\(index)]").map { change in
            var values = values
            values[index] = change.value
            return Variant(name: change.name, value: .array(values))
          }
        }
    default:
      extremes.map { Variant(name: "\(path) is \($0.brief)", value: $0) }
    }
  }

  private func unknown(in members: [String: JSONValue], at path: String) -> Variant {
    let later = JSONValue.object([
      "list": .array([.null, .integer(.max), .number(0.5)]), "text": .string("é"),
    ])
    return Variant(
      name: "\(path) has a field that is not known",
      value: .object(members.merging(["unknownField": later]) { $1 }))
  }

  private func changes(
    of field: Field, in members: [String: JSONValue], at path: String
  ) -> [Variant] {
    let path = "\(path).\(field.name)"
    func with(_ value: JSONValue?) -> JSONValue {
      var members = members
      members[field.name] = value
      return .object(members)
    }
    let inner = field.shape.changes(of: members[field.name] ?? field.shape.example, at: path)
      .map { Variant(name: $0.name, value: with($0.value)) }
    guard field.isOptional else { return inner }
    return [
      Variant(name: "\(path) is absent", value: with(nil)),
      Variant(name: "\(path) is null", value: with(.null)),
      Variant(name: "\(path) is there", value: with(members[field.name] ?? field.shape.example)),
    ] + inner
  }

  private var extremes: [JSONValue] {
    switch self {
    case .boolean: [.bool(false), .bool(true)]
    case .integer: [.integer(.min), .integer(-1), .integer(0), .integer(.max)]
    case .text(let format): format.examples.map(JSONValue.string)
    case .choice(let words): words.map(JSONValue.string)
    case .list, .object, .unpinnable: []
    }
  }
}

extension Shape.Field {
  fileprivate func misfits(in members: [String: JSONValue], at path: String) -> [Variant] {
    func with(_ value: JSONValue?) -> JSONValue {
      var members = members
      members[name] = value
      return .object(members)
    }
    let missing =
      isOptional
      ? []
      : [
        Variant(name: "\(path) is absent", value: with(nil)),
        Variant(name: "\(path) is null", value: with(.null)),
      ]
    guard let value = members[name], value != .null else { return missing }
    return missing
      + shape.misfits(of: value, at: path).map { Variant(name: $0.name, value: with($0.value)) }
  }
}

extension JSONValue {
  fileprivate var brief: String {
    switch self {
    case .string(let text): text.count <= 20 ? "“\(text)”" : "a text of \(text.count) characters"
    case .integer(let number): String(number)
    case .bool(let value): String(value)
    default: "another value"
    }
  }
}
