public import Daemon
public import Events
import FoundationEssentials
import HTTPTypes

extension Response {
  /// The status as a number.
  public var code: Int { status.code }

  /// The body as text.
  public var text: String { String(decoding: body, as: UTF8.self) }

  /// A member of the JSON body, by its path: `orders.0.total.amount`.
  public func value(_ path: String) -> JSONValue? {
    let document = JSONValue(body)
    return path.split(separator: ".").reduce(document) { value, name in
      guard case .array(let items)? = value else { return value?[String(name)] }
      return Int(name).flatMap { items.indices.contains($0) ? items[$0] : nil }
    }
  }

  /// A text of the JSON body.
  public func string(_ path: String) -> String? { value(path)?.string }

  /// A number of the JSON body.
  public func integer(_ path: String) -> Int64? {
    if case .integer(let number)? = value(path) { number } else { nil }
  }

  /// The number of items in a list of the JSON body.
  public func count(_ path: String) -> Int? {
    if case .array(let items)? = value(path) { items.count } else { nil }
  }
}
