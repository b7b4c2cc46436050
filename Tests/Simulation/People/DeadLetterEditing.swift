// The operator's edit of a dead letter.

import Events
import Runtime

extension DeadLetterEdit {
  /// The beginning of a product's name that the operator has entered.
  static let mark = "mended-"

  /// Whether a service takes the edit.
  var mayBeTaken: Bool { self == .mend }

  /// The event's data as the operator sends it; nil where the letter is left as it is.
  ///
  /// - Parameters:
  ///   - data: the data as it is.
  ///   - number: makes each edit another.
  func applied(to data: JSONValue, number: Int) -> JSONValue? {
    guard case .object(var members) = data else { return nil }
    switch self {
    case .nothing: return nil
    case .mend:
      if members["product"] != nil { members["product"] = .string("\(Self.mark)\(number)") }
      members["remark"] = .string("edit \(number)")
    case .changeMoney: return data.withOtherMoney ?? data.withFurtherMoney
    case .breakSchema:
      for name in ["orderId", "settingsId"] where members[name] != nil {
        members[name] = .integer(Int64(number))
      }
    }
    return .object(members)
  }
}

extension JSONValue {
  /// The same with the first amount changed; nil where it has none.
  fileprivate var withOtherMoney: JSONValue? {
    guard case .object(var members) = self else { return nil }
    if let amount = members["amount"]?.int {
      members["amount"] = .integer(amount + 1)
      return .object(members)
    }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      guard let changed = value.withOtherMoney else { continue }
      members[name] = changed
      return .object(members)
    }
    return nil
  }

  fileprivate var withFurtherMoney: JSONValue? {
    guard case .object(var members) = self else { return nil }
    members["tip"] = .object(["amount": .integer(1), "currency": .string("USD")])
    return .object(members)
  }
}

/// One edit of one dead letter.
struct LetterEdit: Sendable {
  let letter: Identifier
  let type: String
  let subject: String
  let kind: DeadLetterEdit
  /// The data that the operator sends.
  let data: JSONValue
}

extension LetterEdit {
  /// Reads the letter as the service shows it; nil where it is not edited.
  init?(_ kind: DeadLetterEdit, of letter: JSONValue, number: Int) {
    guard let id = letter["id"]?.identifier, let type = letter["type"]?.string,
      let subject = letter["subject"]?.string,
      let data = letter["event"]?["data"].flatMap({ kind.applied(to: $0, number: number) })
    else { return nil }
    self.init(letter: id, type: type, subject: subject, kind: kind, data: data)
  }
}
