import Events
public import Versions

/// A currency of ISO 4217: its code, and the number of digits of its minor unit.
///
/// Only codes of the table exist, so code with a `Currency` may format and compare amounts
/// without a check.
public struct Currency: Hashable, Sendable {
  /// The three capital letters, for example `USD`.
  public let code: String
  /// The number of decimal digits after the point: 2 for USD, 0 for JPY, 3 for KWD, 4 for CLF.
  public let minorUnitDigits: Int

  /// The currency with a code; nil when the code is not in the table of active ones.
  public init?(_ code: String) {
    guard let digits = Self.digits[code] else { return nil }
    self.code = code
    minorUnitDigits = digits
  }

  private init(known code: String, digits: Int) {
    self.code = code
    minorUnitDigits = digits
  }

  /// Euro.
  public static let eur = Currency(known: "EUR", digits: 2)
  /// United States dollar, the currency of the first settings.
  public static let usd = Currency(known: "USD", digits: 2)

  /// Every active currency, in the order of the codes.
  public static var all: [Currency] {
    digits.sorted { $0.key < $1.key }.map { Currency(known: $0.key, digits: $0.value) }
  }
}

extension Currency: CustomStringConvertible {
  /// The code.
  public var description: String { code }
}

extension Currency: FormattedText {
  /// The three capital letters, with minor units of two, none and four digits.
  public static let format = TextFormat(
    "currency", meaning: "an ISO 4217 code", pattern: "[A-Z]{3}", examples: ["USD", "JPY", "CLF"])
}

extension Currency: Codable {
  /// Reads a code; an error when it is not in the table.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let code = try container.decode(String.self)
    guard let currency = Currency(code) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "\(quoted(code)) is not a currency code of ISO 4217, such as USD")
    }
    self = currency
  }

  /// Writes the code.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(code)
  }
}

extension Currency: RawRepresentable {
  /// The code.
  public var rawValue: String { code }

  /// The currency with this code; nil for a code that ISO 4217 does not list.
  public init?(rawValue: String) {
    self.init(rawValue)
  }
}
