import Events
public import Runtime

/// The error of an amount of money that was refused, or could not be computed.
public struct MoneyError: PermanentFailure, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of error, for programs.
  public enum Code: String, Sendable {
    /// The amount does not fit into 64 bits.
    case overflow
    /// Two amounts are not of one currency.
    case currencyMismatch
    /// The text is not a decimal number, or has more digits than the currency.
    case malformed
    /// The amount is below zero where it must not be.
    case negative
    /// The amount is above the limit for entered amounts.
    case aboveLimit
  }

  /// The kind of the error.
  public let code: Code
  /// The sentence for people.
  public let description: String

  private init(_ code: Code, sentence: String) {
    self.code = code
    description = sentence
  }

  static func overflow(in currency: Currency) -> MoneyError {
    MoneyError(
      .overflow, sentence: "the amount in \(currency) is too large: it does not fit into 64 bits")
  }

  static func mismatch(_ one: Currency, _ other: Currency) -> MoneyError {
    MoneyError(
      .currencyMismatch, sentence: "the amounts are of different currencies, \(one) and \(other)")
  }

  static func malformed(_ sentence: String) -> MoneyError {
    MoneyError(.malformed, sentence: sentence)
  }

  static func negative(_ name: String) -> MoneyError {
    MoneyError(.negative, sentence: "the \(name) is negative, and must be zero or more")
  }

  static func aboveLimit(_ name: String) -> MoneyError {
    MoneyError(
      .aboveLimit, sentence: "the \(name) is above the limit of \(Money.limit) minor units")
  }
}

/// A text that came from outside as an error quotes it: in quotation marks, and no longer than a
/// sentence bears.
func quoted(_ text: String) -> String {
  text.count <= 40 ? "“\(text)”" : "“\(text.prefix(40))…”"
}
