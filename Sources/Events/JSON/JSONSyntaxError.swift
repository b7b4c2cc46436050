/// The reason for which bytes are not JSON, and its place.
public struct JSONSyntaxError: Error, Hashable, Sendable {
  /// The kinds of fault.
  public enum Reason: Hashable, Sendable {
    case unexpectedEnd
    case unexpectedByte
    /// Something follows the value.
    case trailingBytes
    /// A control character in a string is not escaped.
    case controlCharacter
    /// An escape is unknown, or half a surrogate pair.
    case badEscape
    case notUTF8
    case malformedNumber
    /// A number is beyond the range of doubles, so that it could not be written again.
    case numberOutOfRange
    /// Arrays and objects are nested too deep.
    case tooDeep
    /// A name occurs twice in one object, so that readers would disagree about its value.
    case repeatedName(String)
  }

  /// The kind of fault.
  public let reason: Reason
  /// How many bytes come before it.
  public let offset: Int

  init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}

extension JSONSyntaxError: CustomStringConvertible {
  /// One clause: the fault, and its byte.
  public var description: String { "\(reason.clause) at byte \(offset)" }
}

extension JSONSyntaxError.Reason {
  fileprivate var clause: String {
    switch self {
    case .unexpectedEnd: "the text ends too early"
    case .unexpectedByte: "there is an unexpected character"
    case .trailingBytes: "there is more after the value"
    case .controlCharacter: "there is a control character that is not escaped"
    case .badEscape: "there is an unknown escape"
    case .notUTF8: "there is a string that is not UTF-8"
    case .malformedNumber: "there is a malformed number"
    case .numberOutOfRange: "there is a number beyond 1.8e308"
    case .tooDeep: "there are more than \(JSONParser.maxDepth) levels"
    case .repeatedName(let name): "the name “\(name.prefix(64))” occurs twice"
    }
  }
}
