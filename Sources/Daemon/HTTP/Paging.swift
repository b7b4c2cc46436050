import Events
public import Journal
public import Runtime

/// Something that grows from row to row, by which a list is ordered and continued: a position
/// or an identifier.
public protocol PageKey: SQLValue, LosslessStringConvertible, Sendable {}

extension Int64: PageKey {}
extension UInt64: PageKey {}
extension Int: PageKey {}
extension Identifier: PageKey, LosslessStringConvertible {}

/// Which part of a list is asked for: `limit`, and `before` or `after` the end of an earlier part.
public struct PageRequest<Key: PageKey>: Sendable {
  /// The largest number of items, 1 to 500, 50 by default.
  public let limit: Int
  /// Only items before this key, in a list that begins with the newest.
  public let before: Key?
  /// Only items after this key, in a list that begins with the oldest.
  public let after: Key?

  /// A request for a part of a list.
  public init(limit: Int = 50, before: Key? = nil, after: Key? = nil) {
    self.limit = limit
    self.before = before
    self.after = after
  }
}

/// One part of a list.
public struct Page<Item> {
  /// The items.
  public let items: [Item]
  /// The key with which the list continues, as `before` or `after`; nil at its end.
  ///
  /// Opaque to clients.
  public let next: String?
}

extension Page: Sendable where Item: Sendable {}

extension Page {
  /// The same part, with each item in another form: as a document of the API, for example.
  public func map<Document>(_ document: (Item) throws -> Document) rethrows -> Page<Document> {
    Page<Document>(items: try items.map(document), next: next)
  }
}

extension Request {
  /// Which part of a list that is ordered by a number is asked for.
  ///
  /// - Throws: a 422 ``Problem`` for a limit out of 1...500 and a cursor that no list gave.
  public func page() throws(Problem) -> PageRequest<Int64> {
    try page(by: Int64.self)
  }

  /// The requested part of a list.
  ///
  /// - Parameter key: the key by which the list is ordered.
  /// - Throws: a 422 ``Problem`` for a limit out of 1...500 and a cursor that no list gave.
  public func page<Key: PageKey>(by key: Key.Type = Key.self) throws(Problem) -> PageRequest<Key> {
    PageRequest(
      limit: try pageLimit(), before: try cursor("before"), after: try cursor("after"))
  }

  private func pageLimit() throws(Problem) -> Int {
    guard let text = query["limit"] else { return 50 }
    guard let limit = Int(text), (1...500).contains(limit) else {
      throw .invalid(
        "limit", detail: "The limit is \(text.cut(to: 200)).", remedy: "Ask for 1 to 500.")
    }
    return limit
  }

  private func cursor<Key: PageKey>(_ name: String) throws(Problem) -> Key? {
    guard let text = query[name] else { return nil }
    guard let key = Key(text) else {
      throw .invalid(
        name, detail: "\(text.quoted) is not where a part of this list ended.",
        remedy: "Use the “next” of the part before, or leave \(name) out.")
    }
    return key
  }
}

extension PageRequest {
  /// The end of a query for a list that begins with the newest, from WHERE on: one row more than
  /// asked for, by which ``cut(_:by:)`` knows whether the list goes on.
  ///
  /// ```swift
  /// "SELECT * FROM orders" + page.newestFirst(by: "id", where: "state = \(state)")
  /// ```
  public func newestFirst(by column: SQL, where condition: SQL = "1 = 1") -> SQL {
    let rest: SQL = before.map { "AND" + column + "< \($0)" } ?? ""
    return "WHERE" + condition + rest + "ORDER BY" + column + "DESC LIMIT \(limit + 1)"
  }

  /// The end of a query for a list that begins with the oldest, from WHERE on.
  public func oldestFirst(by column: SQL, where condition: SQL = "1 = 1") -> SQL {
    let rest: SQL = after.map { "AND" + column + "> \($0)" } ?? ""
    return "WHERE" + condition + rest + "ORDER BY" + column + "LIMIT \(limit + 1)"
  }

  /// The part that was asked for, of items that were fetched with one more than that.
  public func cut<Item>(_ items: [Item], by key: (Item) -> Key) -> Page<Item> {
    let part = Array(items.prefix(limit))
    let next = items.count > limit ? part.last.map { key($0).description } : nil
    return Page(items: part, next: next)
  }
}

extension Response {
  /// A part of a list as JSON: `{"orders": [...], "next": opaque or null}`.
  ///
  /// - Parameters:
  ///   - name: the member that holds the items.
  ///   - page: the part, of ``PageRequest/cut(_:by:)``.
  public static func list(_ name: String, page: Page<some Encodable>) throws -> Response {
    try .json(ListDocument(name: name, page: page))
  }
}

private struct ListDocument<Item: Encodable>: Encodable {
  let name: String
  let page: Page<Item>

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    try container.encode(page.items, forKey: AnyKey(name))
    try container.encode(page.next, forKey: AnyKey("next"))
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) {
    stringValue = name
  }

  init(stringValue: String) {
    self.init(stringValue)
  }

  init?(intValue: Int) {
    nil
  }
}
