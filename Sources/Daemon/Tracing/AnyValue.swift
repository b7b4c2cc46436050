import Tracing

/// A value of an attribute, in the JSON mapping of OTLP.
enum AnyValue: Encodable {
  case string(String)
  case int(Int64)
  case double(Double)
  case bool(Bool)
  case array([AnyValue])

  init(attribute: SpanAttribute) {
    switch attribute {
    case .string(let text): self = .string(text)
    case .stringArray(let texts): self = .array(texts.map(AnyValue.string))
    case .int32(let number): self = .int(Int64(number))
    case .int32Array(let numbers): self = .array(numbers.map { .int(Int64($0)) })
    case .int64(let number): self = .int(number)
    case .int64Array(let numbers): self = .array(numbers.map(AnyValue.int))
    case .double(let number): self = .double(number)
    case .doubleArray(let numbers): self = .array(numbers.map(AnyValue.double))
    case .bool(let bool): self = .bool(bool)
    case .boolArray(let bools): self = .array(bools.map(AnyValue.bool))
    case .stringConvertible(let value): self = .string("\(value)")
    case .stringConvertibleArray(let values): self = .array(values.map { .string("\($0)") })
    default: self = .string("")
    }
  }

  private enum Key: String, CodingKey {
    case stringValue, intValue, doubleValue, boolValue, arrayValue
  }

  private struct Values: Encodable {
    let values: [AnyValue]
  }

  /// Writes the one member that says what the value is.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .string(let text): try container.encode(text.cut(to: 1000), forKey: .stringValue)
    case .int(let number): try container.encode(String(number), forKey: .intValue)
    case .double(let number) where number.isFinite:
      try container.encode(number, forKey: .doubleValue)
    case .double(let number): try container.encode(number.jsonText, forKey: .doubleValue)
    case .bool(let bool): try container.encode(bool, forKey: .boolValue)
    case .array(let values):
      try container.encode(Values(values: Array(values.prefix(128))), forKey: .arrayValue)
    }
  }
}

extension Double {
  /// A number that JSON has not, as Protocol Buffers write it.
  fileprivate var jsonText: String {
    isNaN ? "NaN" : self < 0 ? "-Infinity" : "Infinity"
  }
}
